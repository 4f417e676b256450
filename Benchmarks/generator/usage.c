// What the server has used.

#include "generator.h"
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <time.h>

/// Of all its threads, those that have ended as well.
uint64_t serverCPU(void) {
    clockid_t clock;
    struct timespec time;
    if (clock_getcpuclockid(options.pid, &clock) != 0 || clock_gettime(clock, &time) != 0) {
        fail("There is no process %d.", options.pid);
    }
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
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

double residentMegabytes(void) {
    char path[64], line[256];
    snprintf(path, sizeof path, "/proc/%d/status", options.pid);
    FILE *stream = fopen(path, "r");
    double kilobytes = 0;
    while (stream && fgets(line, sizeof line, stream)) sscanf(line, "VmRSS: %lf kB", &kilobytes);
    if (stream) fclose(stream);
    return kilobytes / 1024;
}
