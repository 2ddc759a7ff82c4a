#include "latency.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define SAMPLES 4000000

static unsigned sample[SAMPLES];
static unsigned long samples;

double latency_now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

void latency_add(double began)
{
    if (samples < SAMPLES)
        sample[samples++] = (unsigned)((latency_now() - began) * 1e6);
}

static int ascending(const void *a, const void *b)
{
    unsigned left = *(const unsigned *)a, right = *(const unsigned *)b;

    return (left > right) - (left < right);
}

void latency_print(void)
{
    qsort(sample, samples, sizeof(*sample), ascending);
    printf("\"p50_us\": %u, \"p99_us\": %u, \"max_us\": %u", samples ? sample[samples / 2] : 0,
           samples ? sample[samples * 99 / 100] : 0, samples ? sample[samples - 1] : 0);
}
