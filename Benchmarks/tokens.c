// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.
//
// Signed tokens by the ten thousand: what no gateway has seen before can be sent only once.
//
//   tokens HS256|RS256|ES256 KEYFILE COUNT ISSUER AUDIENCE
//
// One compact JWS a line; subject and jti differ. KEYFILE is a private key in PEM, or the bytes of the shared secret.

#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static size_t encode(const unsigned char *bytes, size_t count, char *text) {
    int length = EVP_EncodeBlock((unsigned char *)text, bytes, (int)count);
    while (length > 0 && text[length - 1] == '=') length--;
    for (int index = 0; index < length; index++)
        text[index] = text[index] == '+' ? '-' : text[index] == '/' ? '_' : text[index];
    return (size_t)length;
}

// ES256 wants r and s side by side (RFC 7518 §3.4), OpenSSL gives DER.
static size_t plain(const unsigned char *der, size_t count, unsigned char *out) {
    ECDSA_SIG *signature = d2i_ECDSA_SIG(NULL, &der, (long)count);
    BN_bn2binpad(ECDSA_SIG_get0_r(signature), out, 32);
    BN_bn2binpad(ECDSA_SIG_get0_s(signature), out + 32, 32);
    ECDSA_SIG_free(signature);
    return 64;
}

int main(int count, char **arguments) {
    if (count != 6) return fprintf(stderr, "usage: tokens ALG KEYFILE COUNT ISSUER AUDIENCE\n"), 2;
    const char *algorithm = arguments[1];
    FILE *file = fopen(arguments[2], "r");
    if (!file) return perror(arguments[2]), 1;
    unsigned char secret[256];
    size_t secretLength = 0;
    EVP_PKEY *key = NULL;
    if (algorithm[0] == 'H') secretLength = fread(secret, 1, sizeof secret, file);
    else if (!(key = PEM_read_PrivateKey(file, NULL, NULL, NULL))) return fprintf(stderr, "no private key\n"), 1;
    fclose(file);

    long now = (long)time(NULL);
    char header[64], claims[512], text[4096], out[1024];
    snprintf(header, sizeof header, "{\"alg\":\"%s\",\"typ\":\"JWT\"}", algorithm);
    size_t start = encode((unsigned char *)header, strlen(header), text);
    text[start++] = '.';
    for (long number = 0; number < atol(arguments[3]); number++) {
        int length = snprintf(
            claims, sizeof claims,
            "{\"iss\":\"%s\",\"aud\":\"%s\",\"sub\":\"%ld\",\"jti\":\"%ld-%ld\",\"iat\":%ld,\"exp\":%ld}",
            arguments[4], arguments[5], number, now, number, now, now + 7200);
        size_t used = start + encode((unsigned char *)claims, (size_t)length, text + start);
        unsigned char signature[512], raw[64];
        size_t size = sizeof signature;
        if (key) {
            EVP_MD_CTX *context = EVP_MD_CTX_new();
            if (EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, key) != 1
                || EVP_DigestSign(context, signature, &size, (unsigned char *)text, used) != 1)
                return fprintf(stderr, "signing failed\n"), 1;
            EVP_MD_CTX_free(context);
        } else {
            unsigned int written = 0;
            HMAC(EVP_sha256(), secret, (int)secretLength, (unsigned char *)text, used, signature, &written);
            size = written;
        }
        size_t encoded = algorithm[0] == 'E' ? encode(raw, plain(signature, size, raw), out) : encode(signature, size, out);
        printf("%.*s.%.*s\n", (int)used, text, (int)encoded, out);
    }
    return 0;
}
