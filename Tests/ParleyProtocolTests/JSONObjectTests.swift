import ParleyProtocol
import Testing
