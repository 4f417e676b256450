// What the server has used.

#include "generator.h"
#include "../process.h"
#include <fcntl.h>
#include <sys/mman.h>
#include <time.h>

/// Of all its threads, those that have ended as well.
uint64_t serverCPU(void) {
    uint64_t nanoseconds;
    if (!processCPU(options.pid, &nanoseconds)) fail("There is no process %d.", options.pid);
    return nanoseconds;
}

uint64_t ownCPU(void) {
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

/// Allocations and bytes so far, as Tests/Allocations/counting.c writes them.
volatile uint64_t *allocationCounts(void) {
    static uint64_t none[2];
    if (!options.counts) return none;
    int file = open(options.counts, O_RDONLY);
    void *counts = file < 0 ? MAP_FAILED : mmap(NULL, 4096, PROT_READ, MAP_SHARED, file, 0);
    if (counts == MAP_FAILED) fail("%s cannot be read.", options.counts);
    return counts;
}

double residentMegabytes(void) { return processResidentBytes(options.pid) / (1 << 20); }
