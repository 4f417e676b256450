// What a process has used: for both loads, the generator's and the comparison's.
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>
#include <time.h>

/// CPU of all threads of a process, those that have ended as well, in nanoseconds; false if there is none of that number.
static inline bool processCPU(pid_t pid, uint64_t *nanoseconds) {
    clockid_t clock;
    struct timespec time;
    if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &time) != 0) return false;
    *nanoseconds = (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
    return true;
}

/// What the kernel holds in memory for it; 0 if there is none of that number.
static inline double processResidentBytes(pid_t pid) {
    char path[64], line[256];
    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    FILE *stream = fopen(path, "r");
    double kilobytes = 0;
    while (stream && fgets(line, sizeof line, stream)) sscanf(line, "VmRSS: %lf kB", &kilobytes);
    if (stream) fclose(stream);
    return kilobytes * 1024;
}
