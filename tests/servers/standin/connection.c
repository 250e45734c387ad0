#define _GNU_SOURCE
#include "connection.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "s3.h"
#include "stream.h"

enum { HEAD_MAX = 32768, PACED_CHUNK = 65536, TURN_BYTES = 4 << 20, TAIL = 512 };
enum State { READ_HEAD, READ_BODY, DELAY, WRITE };
enum ChunkState { SIZE, REST_OF_SIZE_LINE, BYTES, AFTER_BYTES, TRAILER_START, TRAILER };

struct Connection {
  Stream stream;
  enum State state;
  unsigned generation;
  unsigned fresh;  // answers that the new connection has still to pay for
  bool close, wants_continue, chunked, keeps_tail;
  char in[HEAD_MAX];
  size_t in_length, in_position, out_position;
  uint64_t due, paced_until, body_left;
  enum ChunkState chunk_state;
  Request request;
  Response response;
  Connection* next_free;
};

uint64_t latency, ns_per_megabyte;
static Connection* free_connections;
static char scratch[1 << 18];

Connection* open_connection(int socket) {
  Connection* connection = free_connections;
  unsigned generation = connection ? connection->generation : 0;
  if (connection)
    free_connections = connection->next_free;
  else
    connection = malloc(sizeof *connection);
  memset(connection, 0, sizeof *connection);
  connection->generation = generation + 1;
  connection->stream = open_stream(socket);
  connection->fresh = serves_tls() ? 2 : 1;
  statistics.connections++;
  return connection;
}

static void close_connection(Connection* connection) {
  close_stream(&connection->stream);
  free(connection->request.body.text);
  free(connection->request.trailer.text);
  free(connection->response.head.text);
  release(connection->response.blob);
  connection->generation++;
  connection->next_free = free_connections;
  free_connections = connection;
}

static void wake_at(Connection* connection, uint64_t due) { arm(due, connection, ++connection->generation); }

static void pace(Connection* connection, uint64_t bytes) {
  if (!ns_per_megabyte) return;
  uint64_t time = now();
  // A line that was idle for longer than 20 ms has no bandwidth saved up.
  uint64_t from = connection->paced_until + 20000000 > time ? connection->paced_until : time;
  connection->paced_until = from + bytes * ns_per_megabyte / 1000000;
}

static void delay(Connection* connection, uint64_t time) {
  connection->due = now() + time * (1 + connection->fresh);
  connection->fresh = 0;
  connection->state = DELAY;
}

static void finish_request(Connection* connection) {
  answer(&connection->request, &connection->response);
  statistics.operations[connection->response.operation]++;
  delay(connection, connection->response.operation == OTHER ? 0 : latency);
}

static void keep_body(Connection* connection, const char* bytes, size_t length) {
  if (!connection->request.dropped) {
    append(&connection->request.body, bytes, length);
  } else if (connection->keeps_tail && connection->body_left - length < TAIL) {
    size_t kept = TAIL - (connection->body_left - length) < length ? TAIL - (connection->body_left - length) : length;
    append(&connection->request.body, bytes + length - kept, kept);
  }
  connection->request.received += length;
  connection->body_left -= length;
}

// One step through a chunked body; returns how many bytes it took.
static size_t feed_chunk(Connection* connection, const char* bytes, size_t length, bool* done) {
  char c = *bytes;
  switch (connection->chunk_state) {
    case SIZE:
      if (!isxdigit((unsigned char)c)) {
        connection->chunk_state = REST_OF_SIZE_LINE;
        return 0;
      }
      connection->body_left =
          connection->body_left * 16 + (uint64_t)(isdigit((unsigned char)c) ? c - '0' : (c | 32) - 'a' + 10);
      return 1;
    case REST_OF_SIZE_LINE:
      if (c == '\n') connection->chunk_state = connection->body_left ? BYTES : TRAILER_START;
      return 1;
    case BYTES:
      if (length > connection->body_left) length = connection->body_left;
      keep_body(connection, bytes, length);
      if (!connection->body_left) connection->chunk_state = AFTER_BYTES;
      return length;
    case AFTER_BYTES:
      if (c == '\n') connection->chunk_state = SIZE;
      return 1;
    case TRAILER_START:
      *done = c == '\n';
      if (c != '\n' && c != '\r') connection->chunk_state = TRAILER;
      return 1;
    case TRAILER:
      if (c == '\n') connection->chunk_state = TRAILER_START;
      return 1;
  }
  return length;
}

// Take body bytes; `done` when the body is complete. Returns how many were the body's.
static size_t feed(Connection* connection, const char* bytes, size_t length, bool* done) {
  size_t used = 0;
  *done = false;
  if (!connection->chunked) {
    used = length < connection->body_left ? length : connection->body_left;
    keep_body(connection, bytes, used);
    *done = !connection->body_left;
  } else {
    while (used < length && !*done) used += feed_chunk(connection, bytes + used, length - used, done);
  }
  statistics.received += used;
  return used;
}

static void begin_request(Connection* connection) {
  Request* request = &connection->request;
  Response* response = &connection->response;
  char value[64];
  response->head.length = connection->out_position = response->left = 0;
  request->body.length = request->trailer.length = request->received = 0;
  connection->chunk_state = SIZE;
  connection->chunked = header(request, "transfer-encoding", value, sizeof value) && strcasestr(value, "chunked");
  bool sized = header(request, "content-length", value, sizeof value) && !connection->chunked;
  connection->body_left = sized ? strtoull(value, NULL, 10) : 0;
  connection->close = header(request, "connection", value, sizeof value) && !strcasecmp(value, "close");
  connection->wants_continue =
      header(request, "expect", value, sizeof value) && (connection->chunked || connection->body_left);
  // Up to PATTERN_SIZE bytes are kept until their MD5 is known.
  request->dropped = is_method(request, "PUT") && !strncmp(request->path, "/null", 5) &&
                     (connection->chunked || connection->body_left > PATTERN_SIZE);
  connection->keeps_tail = request->dropped && header(request, "x-amz-trailer", value, sizeof value);
  if (!request->dropped) buffer_reserve(&request->body, connection->body_left);
}

// 1: a request head was taken, 0: it is not all here, -1: this is no HTTP.
static int parse_head(Connection* connection) {
  Request* request = &connection->request;
  connection->in[connection->in_length] = 0;
  char *head = connection->in + connection->in_position, *end = strstr(head, "\r\n\r\n");
  if (!end) return 0;
  char *line_end = strstr(head, "\r\n"), *space = memchr(head, ' ', (size_t)(line_end - head));
  char* space2 = space ? memchr(space + 1, ' ', (size_t)(line_end - space - 1)) : NULL;
  if (!space2 || (size_t)(space - head) >= sizeof request->method || space[1] != '/') return -1;
  memcpy(request->method, head, (size_t)(space - head));
  request->method[space - head] = 0;
  *space2 = 0;
  end[2] = 0;  // ends the headers; the body starts at end + 4
  request->path = space + 1;
  request->headers = line_end + 2;
  request->query = strchr(request->path, '?');
  if (request->query) *request->query++ = 0;
  connection->in_position = (size_t)(end + 4 - connection->in);
  begin_request(connection);
  return 1;
}

// The steps return false when the connection has to wait, or is gone.
static bool wait_or_close(Connection* connection, ssize_t result) {
  if (!(result < 0 && errno == EAGAIN)) close_connection(connection);
  return false;
}

static bool read_head(Connection* connection) {
  int parsed = parse_head(connection);
  if (parsed > 0) {
    if (connection->wants_continue) {
      append_text(&connection->response.head, "HTTP/1.1 100 Continue\r\n\r\n");
      delay(connection, latency);
    } else if (connection->body_left || connection->chunked) {
      connection->state = READ_BODY;
    } else {
      finish_request(connection);
    }
    return true;
  }
  if (connection->in_position) {
    connection->in_length -= connection->in_position;
    memmove(connection->in, connection->in + connection->in_position, connection->in_length);
    connection->in_position = 0;
  }
  if (parsed < 0 || connection->in_length >= HEAD_MAX - 1) {
    close_connection(connection);
    return false;
  }
  ssize_t received =
      receive(&connection->stream, connection->in + connection->in_length, HEAD_MAX - 1 - connection->in_length);
  if (received <= 0) return wait_or_close(connection, received);
  connection->in_length += (size_t)received;
  return true;
}

// The last bytes of a body that is dropped, in which a trailer is.
static ssize_t receive_tail(Connection* connection) {
  ssize_t received = receive(&connection->stream, scratch, connection->body_left);
  if (received <= 0) return received;
  keep_body(connection, scratch, (size_t)received);
  statistics.received += (uint64_t)received;
  return received;
}

// Body bytes of known length go from the socket straight to where they stay, or nowhere.
static ssize_t receive_direct(Connection* connection) {
  Buffer* body = &connection->request.body;
  size_t wanted = ns_per_megabyte ? PACED_CHUNK : TURN_BYTES;
  if (wanted > connection->body_left) wanted = connection->body_left;
  if (connection->keeps_tail) {
    if (connection->body_left <= TAIL) return receive_tail(connection);
    if (wanted > connection->body_left - TAIL) wanted = connection->body_left - TAIL;
  }
  bool dropped = connection->request.dropped;
  ssize_t received = dropped ? receive_nothing(&connection->stream, wanted, scratch, sizeof scratch)
                             : receive(&connection->stream, body->text + body->length, wanted);
  if (received <= 0) return received;
  if (!dropped) body->length += (size_t)received;
  connection->request.received += (uint64_t)received;
  connection->body_left -= (uint64_t)received;
  statistics.received += (uint64_t)received;
  return received;
}

static bool read_body(Connection* connection, uint64_t* budget) {
  bool done;
  ssize_t received;
  if (connection->in_position < connection->in_length) {
    size_t waiting = connection->in_length - connection->in_position;
    received = (ssize_t)feed(connection, connection->in + connection->in_position, waiting, &done);
    connection->in_position += (size_t)received;
  } else if (connection->chunked) {
    received = receive(&connection->stream, scratch, ns_per_megabyte ? PACED_CHUNK : sizeof scratch);
    if (received <= 0) return wait_or_close(connection, received);
    if (feed(connection, scratch, (size_t)received, &done) < (size_t)received) {
      close_connection(connection);  // nobody pipelines past a chunked body
      return false;
    }
  } else {
    received = receive_direct(connection);
    if (received <= 0) return wait_or_close(connection, received);
    done = !connection->body_left;
  }
  pace(connection, (uint64_t)received);
  *budget = *budget > (uint64_t)received ? *budget - (uint64_t)received : 0;
  if (done) finish_request(connection);
  return true;
}

static struct iovec next_bytes(const Response* response) {
  if (!response->left) return (struct iovec){0};
  uint64_t from = response->offset, length = response->left;
  const char* bytes = response->blob ? response->blob->bytes : pattern;
  if (!response->blob) {
    from %= PATTERN_SIZE;
    if (length > PATTERN_SIZE - from) length = PATTERN_SIZE - from;
  }
  uint64_t most = ns_per_megabyte ? PACED_CHUNK : 1 << 20;
  return (struct iovec){(char*)bytes + from, length < most ? length : most};
}

static bool finish_response(Connection* connection) {
  Response* response = &connection->response;
  release(response->blob);
  response->blob = NULL;
  if (connection->wants_continue) {
    connection->wants_continue = false;
    response->head.length = connection->out_position = 0;
    connection->state = READ_BODY;
  } else if (connection->close) {
    shutdown(connection->stream.socket, SHUT_WR);
    close_connection(connection);
    return false;
  } else {
    connection->state = READ_HEAD;
  }
  return true;
}

static bool write_response(Connection* connection, uint64_t* budget) {
  Response* response = &connection->response;
  size_t head = response->head.length - connection->out_position;
  struct iovec rest = {response->head.text + connection->out_position, head};
  ssize_t sent = send_both(&connection->stream, rest, next_bytes(response));
  if (sent < 0) return wait_or_close(connection, sent);
  size_t of_head = (size_t)sent < head ? (size_t)sent : head;
  connection->out_position += of_head;
  response->offset += (size_t)sent - of_head;
  response->left -= (size_t)sent - of_head;
  statistics.sent += (uint64_t)sent;
  pace(connection, (uint64_t)sent);
  *budget = *budget > (uint64_t)sent ? *budget - (uint64_t)sent : 0;
  bool complete = connection->out_position == response->head.length && !response->left;
  return complete ? finish_response(connection) : true;
}

static bool step(Connection* connection, uint64_t* budget) {
  switch (connection->state) {
    case READ_HEAD:
      return read_head(connection);
    case READ_BODY:
      return read_body(connection, budget);
    case DELAY:
      if (now() < connection->due) {
        wake_at(connection, connection->due);
        return false;
      }
      connection->state = WRITE;
      return true;
    case WRITE:
      return write_response(connection, budget);
  }
  return false;
}

void drive(Connection* connection) {
  uint64_t budget = TURN_BYTES;
  do {
    bool moves_bytes = connection->state == READ_BODY || connection->state == WRITE;
    if (moves_bytes && ns_per_megabyte && connection->paced_until > now()) {
      wake_at(connection, connection->paced_until);
      return;
    }
    if (!budget) {
      wake_at(connection, now());  // the others first
      return;
    }
  } while (step(connection, &budget));
}

void drive_if_newest(Connection* connection, unsigned generation) {
  if (connection->generation == generation) drive(connection);
}
