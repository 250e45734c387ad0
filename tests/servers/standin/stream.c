#include "stream.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { RECORD = 16384 };

static SSL_CTX* context;

bool use_certificate(const char* file) {
  context = SSL_CTX_new(TLS_server_method());
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  return SSL_CTX_use_certificate_chain_file(context, file) == 1 &&
         SSL_CTX_use_PrivateKey_file(context, file, SSL_FILETYPE_PEM) == 1;
}

bool serves_tls(void) { return context; }

Stream open_stream(int socket) {
  Stream stream = {socket, context ? SSL_new(context) : NULL};
  if (stream.tls) {
    SSL_set_fd(stream.tls, socket);
    SSL_set_accept_state(stream.tls);
  }
  return stream;
}

void close_stream(Stream* stream) {
  SSL_free(stream->tls);
  close(stream->socket);
}

// What OpenSSL says in the words of the system.
static ssize_t moved(Stream* stream, int result) {
  if (result > 0) return result;
  int error = SSL_get_error(stream->tls, result);
  errno = error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE ? EAGAIN : EPIPE;
  return -1;
}

ssize_t receive(Stream* stream, void* bytes, size_t length) {
  if (!stream->tls) return recv(stream->socket, bytes, length, 0);
  ERR_clear_error();
  return moved(stream, SSL_read(stream->tls, bytes, length < 1 << 30 ? (int)length : 1 << 30));
}

ssize_t receive_nothing(Stream* stream, size_t length, void* space, size_t room) {
  if (!stream->tls) return recv(stream->socket, space, length, MSG_TRUNC);
  return receive(stream, space, length < room ? length : room);
}

ssize_t send_both(Stream* stream, struct iovec head, struct iovec body) {
  if (!stream->tls) {
    struct iovec spans[2] = {head, body};
    struct msghdr message = {.msg_iov = spans, .msg_iovlen = body.iov_len ? 2 : 1};
    return sendmsg(stream->socket, &message, MSG_NOSIGNAL);
  }
  static char record[RECORD];
  if (head.iov_len && body.iov_len && head.iov_len < RECORD) {  // in one record
    size_t room = RECORD - head.iov_len;
    if (body.iov_len > room) body.iov_len = room;
    memcpy(record, head.iov_base, head.iov_len);
    memcpy(record + head.iov_len, body.iov_base, body.iov_len);
    head = (struct iovec){record, head.iov_len + body.iov_len};
  } else if (!head.iov_len) {
    head = body;
  }
  ERR_clear_error();
  return moved(stream, SSL_write(stream->tls, head.iov_base, head.iov_len < 1 << 18 ? (int)head.iov_len : 1 << 18));
}
