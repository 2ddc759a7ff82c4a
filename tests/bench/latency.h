/* How long requests took. */
#ifndef BENCH_LATENCY_H
#define BENCH_LATENCY_H

/* Seconds of a clock that never jumps. */
double latency_now(void);

/* One that began then is answered. Those after some millions are not kept. */
void latency_add(double began);

/* Prints members of a JSON object: the median, the slowest percent and the slowest, in microseconds. */
void latency_print(void);

#endif
