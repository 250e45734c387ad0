// When which connection is to be driven again: a binary heap.
#pragma once
#include <stdbool.h>
#include <stdint.h>

typedef struct Connection Connection;

uint64_t now(void);  // monotonic nanoseconds

// Only a connection's newest timer counts: `generation` tells it from older ones.
void arm(uint64_t due, Connection* connection, unsigned generation);
bool first_due(uint64_t* due);
Connection* take_first(unsigned* generation);
