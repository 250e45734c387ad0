#include "timers.h"

#include <stdlib.h>
#include <time.h>

typedef struct {
  uint64_t due;
  Connection* connection;
  unsigned generation;
} Timer;

static Timer* heap;
static size_t count, capacity;

uint64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

void arm(uint64_t due, Connection* connection, unsigned generation) {
  if (count == capacity) heap = realloc(heap, (capacity = capacity ? capacity * 2 : 256) * sizeof *heap);
  size_t i = count++;
  for (; i && heap[(i - 1) / 2].due > due; i = (i - 1) / 2) heap[i] = heap[(i - 1) / 2];
  heap[i] = (Timer){due, connection, generation};
}

bool first_due(uint64_t* due) {
  if (count) *due = heap[0].due;
  return count > 0;
}

Connection* take_first(unsigned* generation) {
  Timer first = heap[0], last = heap[--count];
  size_t i = 0, child;
  for (; (child = 2 * i + 1) < count; i = child) {
    if (child + 1 < count && heap[child + 1].due < heap[child].due) child++;
    if (heap[child].due >= last.due) break;
    heap[i] = heap[child];
  }
  heap[i] = last;
  *generation = first.generation;
  return first.connection;
}
