#include "hashes.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void md5_of(const void* bytes, size_t length, unsigned char* digest) {
  if (!EVP_Digest(bytes, length, digest, NULL, EVP_md5(), NULL)) abort();
}

void to_hex(const unsigned char* digest, char* text) {
  static const char digits[] = "0123456789abcdef";
  for (int i = 0; i < MD5_SIZE; i++) {
    text[2 * i] = digits[digest[i] >> 4];
    text[2 * i + 1] = digits[digest[i] & 15];
  }
  text[MD5_HEX] = 0;
}

bool from_hex(const char* text, unsigned char* digest) {
  if (strlen(text) != MD5_HEX) return false;
  for (int i = 0; i < MD5_SIZE; i++)
    if (sscanf(text + 2 * i, "%2hhx", digest + i) != 1) return false;
  return true;
}

bool from_base64(const char* text, unsigned char* digest) {
  unsigned char decoded[MD5_BASE64 / 4 * 3];
  if (strlen(text) != MD5_BASE64) return false;
  if (EVP_DecodeBlock(decoded, (const unsigned char*)text, MD5_BASE64) != sizeof decoded) return false;
  memcpy(digest, decoded, MD5_SIZE);
  return true;
}
