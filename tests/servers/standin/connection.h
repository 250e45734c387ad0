// One HTTP/1.1 connection, and the speed of the line it pretends to be.
#pragma once
#include <stdint.h>

#include "timers.h"

extern uint64_t latency;          // nanoseconds before each answer; a new connection pays it once more, over TLS twice
extern uint64_t ns_per_megabyte;  // per connection and direction; 0: as fast as it goes

Connection* open_connection(int socket);
// Read, answer and write until the socket would block.
void drive(Connection* connection);
void drive_if_newest(Connection* connection, unsigned generation);
