// An S3 stand-in that is never the bottleneck: one epoll thread, path-style, in memory, signatures unread.
//
//   standin --port 0 [--latency-ms 20] [--megabytes-per-second 90] [--tls PEM] [--server NAME] [--unproven yes]
//           [--tagged EVERY] [--generate NAME:COUNT:SIZE:flat|tree]...
//
// It prints the port it listens on, on loopback. `GET /_stats` counts requests, bytes and its own CPU seconds;
// `?reset` starts the counts again.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "buckets.h"
#include "connection.h"
#include "s3.h"
#include "stream.h"

enum { EVENTS = 256, BACKLOG = 4096 };

static void read_options(int count, char** words, int* port) {
  for (int i = 1; i < count; i += 2) {
    const char *option = words[i], *value = i + 1 < count ? words[i + 1] : "";
    bool known = true;
    if (!strcmp(option, "--port"))
      *port = atoi(value);
    else if (!strcmp(option, "--latency-ms"))
      latency = (uint64_t)(atof(value) * 1e6);
    else if (!strcmp(option, "--megabytes-per-second"))
      ns_per_megabyte = (uint64_t)(1e9 / atof(value));
    else if (!strcmp(option, "--tls"))
      known = use_certificate(value);
    else if (!strcmp(option, "--server"))
      server_name = value;
    else if (!strcmp(option, "--unproven"))
      unproven = true;
    else if (!strcmp(option, "--tagged"))
      tagged_every = strtoull(value, NULL, 10);
    else
      known = !strcmp(option, "--generate") && generate_bucket(value);
    if (!known) {
      fprintf(stderr, "not understood: %s %s\n", option, value);
      exit(2);
    }
  }
}

static int listen_on(int port) {
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), one = 1;
  struct sockaddr_in address = {
      .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof address;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  if (bind(listener, (void*)&address, size) || listen(listener, BACKLOG) ||
      getsockname(listener, (void*)&address, &size)) {
    perror("listen");
    exit(1);
  }
  printf("listening on %d\n", ntohs(address.sin_port));
  fflush(stdout);
  return listener;
}

static void accept_all(int listener, int epoll) {
  int one = 1;
  for (int socket; (socket = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0;) {
    setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
                                .data.ptr = open_connection(socket)};
    epoll_ctl(epoll, EPOLL_CTL_ADD, socket, &event);
  }
}

static void wait_for_events(int listener, int epoll) {
  struct epoll_event events[EVENTS];
  int timeout = -1;
  uint64_t due, time = now();
  // Rounded up: woken before its time, a connection would only go back to sleep.
  if (first_due(&due)) timeout = due > time ? (int)((due - time + 999999) / 1000000) : 0;
  int count = epoll_wait(epoll, events, EVENTS, timeout);
  for (int i = 0; i < count; i++) {
    if (events[i].data.ptr)
      drive(events[i].data.ptr);
    else
      accept_all(listener, epoll);
  }
}

static void drive_due(void) {
  // What yields meanwhile is due later than `time`: sockets get their turn in between.
  uint64_t due, time = now();
  while (first_due(&due) && due <= time) {
    unsigned generation;
    Connection *connection = take_first(&generation);
    drive_if_newest(connection, generation);
  }
}

int main(int count, char** words) {
  int port = 0;
  signal(SIGPIPE, SIG_IGN);
  make_pattern();
  read_options(count, words, &port);
  int listener = listen_on(port), epoll = epoll_create1(EPOLL_CLOEXEC);
  struct epoll_event event = {.events = EPOLLIN};
  epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event);
  for (;;) {
    wait_for_events(listener, epoll);
    drive_due();
  }
}
