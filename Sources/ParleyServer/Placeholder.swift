import Hummingbird
import NIOExtras
