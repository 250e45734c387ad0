// Bytes from and to one client, plain or over TLS.
#pragma once
#include <stdbool.h>
#include <sys/types.h>
#include <sys/uio.h>

typedef struct {
  int socket;
  void* tls;  // OpenSSL's, NULL: plain
} Stream;

// Serve TLS from now on, with the certificate and the key of one PEM file; false: they cannot be read.
bool use_certificate(const char* file);
bool serves_tls(void);

Stream open_stream(int socket);
void close_stream(Stream* stream);

// As recv and sendmsg: -1 with errno EAGAIN: nothing moves now; 0 or another errno: the client is gone.
ssize_t receive(Stream* stream, void* bytes, size_t length);
// Takes bytes from a plain stream and keeps none of them; over TLS at most `room` bytes go through `space`.
ssize_t receive_nothing(Stream* stream, size_t length, void* space, size_t room);
ssize_t send_both(Stream* stream, struct iovec head, struct iovec body);
