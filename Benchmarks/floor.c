// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.
//
// The least a fan-out can cost: floor PORT plain|tls CERTIFICATE KEY
//
// Accepts WebSockets without looking at what they ask. Each byte that comes on a connection that began with `GET /ticks` is one
// event of 256 bytes to every socket; those that wait together leave in one write or TLS record. No topics, no cursor, no buffer:
// a socket that does not take it is closed. One thread, epoll, OpenSSL.

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

enum { SIZE = 256, JOINED = 64 };

struct peer { int fd, is_listener, is_publisher, place; SSL *ssl; };

static struct peer **listeners;
static int count, epoll;
static SSL_CTX *context;
static unsigned char frames[JOINED * (SIZE + 4)];

static void drop(struct peer *p) {
    if (p->is_listener) { listeners[p->place] = listeners[--count]; listeners[p->place]->place = p->place; }
    close(p->fd);
    if (p->ssl) SSL_free(p->ssl);
    free(p);
}

static int send_to(struct peer *p, const void *data, int size) {
    return (p->ssl ? SSL_write(p->ssl, data, size) : (int)write(p->fd, data, size)) == size;
}

static void publish(int events) {
    for (int left = events; left > 0; left -= JOINED) {
        int size = (left < JOINED ? left : JOINED) * (SIZE + 4);
        for (int i = 0; i < count;) {
            struct peer *listener = listeners[i];
            if (send_to(listener, frames, size)) i++; else drop(listener);
        }
    }
}

static void answer(struct peer *p, char *head, int size) {
    if (p->is_publisher) { publish(size); return; }
    if (strncmp(head, "GET /ticks", 10) == 0) { p->is_publisher = 1; send_to(p, "HTTP/1.1 200 OK\r\n\r\n", 19); return; }
    const char *upgrade = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n";
    if (!send_to(p, upgrade, (int)strlen(upgrade))) { drop(p); return; }
    p->is_listener = 1; p->place = count; listeners[count++] = p;
}

static void step(struct peer *p) {
    static char head[16384];
    if (p->ssl && !SSL_is_init_finished(p->ssl)) {
        int done = SSL_do_handshake(p->ssl);
        if (done != 1) { if (SSL_get_error(p->ssl, done) != SSL_ERROR_WANT_READ) drop(p); return; }
    }
    int size = p->ssl ? SSL_read(p->ssl, head, sizeof head - 1) : (int)read(p->fd, head, sizeof head - 1);
    if (size <= 0) {
        int waits = p->ssl ? SSL_get_error(p->ssl, size) == SSL_ERROR_WANT_READ : size < 0 && errno == EAGAIN;
        if (!waits) drop(p);
        return;
    }
    if (p->is_listener) return;
    head[size] = 0;
    answer(p, head, size);
}

int main(int argc, char **argv) {
    if (argc < 5) { fprintf(stderr, "floor PORT plain|tls CERTIFICATE KEY\n"); return 64; }
    signal(SIGPIPE, SIG_IGN);
    struct rlimit limit; getrlimit(RLIMIT_NOFILE, &limit); limit.rlim_cur = limit.rlim_max; setrlimit(RLIMIT_NOFILE, &limit);
    for (int i = 0; i < JOINED; i++) {
        unsigned char *frame = frames + i * (SIZE + 4);
        memset(frame, 'x', SIZE + 4);
        frame[0] = 0x81; frame[1] = 126; frame[2] = SIZE >> 8; frame[3] = SIZE & 255;
    }
    listeners = calloc(limit.rlim_cur < 1000000 ? limit.rlim_cur : 1000000, sizeof *listeners);
    if (strcmp(argv[2], "tls") == 0) {
        context = SSL_CTX_new(TLS_server_method());
        SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
        if (SSL_CTX_use_certificate_chain_file(context, argv[3]) != 1 || SSL_CTX_use_PrivateKey_file(context, argv[4], SSL_FILETYPE_PEM) != 1) return 1;
    }
    int door = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), one = 1;
    setsockopt(door, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(atoi(argv[1])), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (bind(door, (struct sockaddr *)&address, sizeof address) < 0 || listen(door, 4096) < 0) { perror("bind"); return 1; }
    epoll = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
    epoll_ctl(epoll, EPOLL_CTL_ADD, door, &event);
    for (;;) {
        struct epoll_event events[256];
        int found = epoll_wait(epoll, events, 256, -1);
        for (int i = 0; i < found; i++) {
            if (events[i].data.ptr) { step(events[i].data.ptr); continue; }
            for (int fd; (fd = accept4(door, NULL, NULL, SOCK_NONBLOCK)) >= 0;) {
                setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
                struct peer *p = calloc(1, sizeof *p);
                p->fd = fd;
                if (context) { p->ssl = SSL_new(context); SSL_set_fd(p->ssl, fd); SSL_set_accept_state(p->ssl); }
                struct epoll_event read = {.events = EPOLLIN, .data.ptr = p};
                epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &read);
            }
        }
    }
}
