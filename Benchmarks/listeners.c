// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.
//
// Many WebSockets that only listen: listeners PORT COUNT PATH plain|tls|tickets ATONCE [HEADER…]
//
// Connects to loopback, ATONCE handshakes under way at any time; `#` in PATH is the socket's number. Says "ready OPEN failed
// FAILED seconds S resumed R" once every handshake is done, and answers each line on standard input with the frames and bytes
// received so far and the sockets still open. With `tickets` one connection more comes first and brings the session that all
// others resume. Ends with its input. One thread, epoll, OpenSSL.

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum phase { CONNECTING, TLS, REQUEST, ANSWER, OPEN, CLOSED };

struct listener {
    int fd;
    enum phase phase;
    SSL *ssl;
    // Of the frame that is coming: header bytes so far, payload bytes still due.
    unsigned char header[10];
    int have;
    unsigned long long due;
    int matched;  // of the empty line that ends the answer's head
    int judged;   // its status was
};

static struct listener *all;
static int count, at_once, begun, finished, failed, open_now, resumed, epoll;
static unsigned long long frames, bytes;
static char fields[4096];
static const char *path;
static SSL_CTX *context;
static SSL_SESSION *ticket;  // the last the server gave
static struct sockaddr_in address;

static void watch(struct listener *l, int operation, unsigned events) {
    struct epoll_event event = {.events = events, .data.ptr = l};
    epoll_ctl(epoll, operation, l->fd, &event);
}

static void begin(void) {
    struct listener *l = &all[begun++];
    l->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (l->fd < 0) { perror("socket"); exit(1); }
    int one = 1;
    setsockopt(l->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (connect(l->fd, (struct sockaddr *)&address, sizeof address) < 0 && errno != EINPROGRESS) { perror("connect"); exit(1); }
    watch(l, EPOLL_CTL_ADD, EPOLLIN | EPOLLOUT);
}

/// A session is kept for `tickets`, whose first connection alone asks for one.
static int keep(SSL *ssl, SSL_SESSION *session) {
    (void)ssl;
    if (!ticket) ticket = SSL_SESSION_dup(session);
    return 0;
}

/// OpenSSL spends a session that it is given, so each connection gets its own.
static void resume(SSL *ssl) {
    SSL_SESSION *own = SSL_SESSION_dup(ticket);
    SSL_set_session(ssl, own);
    SSL_SESSION_free(own);
}

static long write_request(struct listener *l) {
    static char request[8192];
    const char *mark = strchr(path, '#');
    int used = mark
        ? snprintf(request, sizeof request, "GET %.*s%d%s HTTP/1.1\r\n%s", (int)(mark - path), path, (int)(l - all), mark + 1, fields)
        : snprintf(request, sizeof request, "GET %s HTTP/1.1\r\n%s", path, fields);
    long written = l->ssl ? SSL_write(l->ssl, request, used) : write(l->fd, request, used);
    return written == used;
}

static void give_up(struct listener *l) {
    if (l->phase == OPEN) open_now--; else { failed++; finished++; }
    l->phase = CLOSED;
    close(l->fd);
    if (l->ssl) SSL_free(l->ssl);
    l->ssl = NULL;
}

static void frame_bytes(struct listener *l, const unsigned char *data, long size) {
    bytes += size;
    while (size > 0) {
        if (l->due > 0) {
            unsigned long long step = l->due < (unsigned long long)size ? l->due : (unsigned long long)size;
            l->due -= step; data += step; size -= step;
            continue;
        }
        l->header[l->have++] = *data++; size--;
        if (l->have < 2) continue;
        int length = l->header[1] & 127, need = length == 126 ? 4 : length == 127 ? 10 : 2;
        if (l->have < need) continue;
        unsigned long long payload = length;
        if (need > 2) { payload = 0; for (int i = 2; i < need; i++) payload = payload << 8 | l->header[i]; }
        l->due = payload; l->have = 0;
        if ((l->header[0] & 15) == 1 || (l->header[0] & 15) == 2) frames++;
    }
}

static void receive(struct listener *l) {
    static unsigned char buffer[65536];
    for (;;) {
        long size;
        if (l->ssl) {
            size = SSL_read(l->ssl, buffer, sizeof buffer);
            if (size <= 0) {
                if (SSL_get_error(l->ssl, (int)size) != SSL_ERROR_WANT_READ) give_up(l);
                return;
            }
        } else {
            size = read(l->fd, buffer, sizeof buffer);
            if (size == 0 || (size < 0 && errno != EAGAIN)) { give_up(l); return; }
            if (size < 0) return;
        }
        long used = 0;
        if (l->phase == ANSWER) {
            if (!l->judged && memcmp(buffer, "HTTP/1.1 101", 12) != 0) {
                fprintf(stderr, "%.*s\n", (int)size, buffer);
                give_up(l);
                return;
            }
            l->judged = 1;
            for (; used < size && l->matched < 4; used++)
                l->matched = buffer[used] == "\r\n\r\n"[l->matched] ? l->matched + 1 : buffer[used] == '\r';
            if (l->matched < 4) continue;
            l->phase = OPEN; open_now++; finished++;
            if (l->ssl && SSL_session_reused(l->ssl)) resumed++;
            watch(l, EPOLL_CTL_MOD, EPOLLIN);
        }
        frame_bytes(l, buffer + used, size - used);
    }
}

static void step(struct listener *l) {
    if (l->phase == CONNECTING) {
        if (context) {
            l->ssl = SSL_new(context); SSL_set_fd(l->ssl, l->fd); SSL_set_connect_state(l->ssl);
            if (ticket) resume(l->ssl);
            l->phase = TLS;
        } else l->phase = REQUEST;
    }
    if (l->phase == TLS) {
        int done = SSL_do_handshake(l->ssl);
        if (done != 1) {
            int why = SSL_get_error(l->ssl, done);
            if (why == SSL_ERROR_WANT_READ) watch(l, EPOLL_CTL_MOD, EPOLLIN);
            else if (why == SSL_ERROR_WANT_WRITE) watch(l, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT);
            else give_up(l);
            return;
        }
        l->phase = REQUEST;
    }
    if (l->phase == REQUEST) {
        if (!write_request(l)) { give_up(l); return; }
        l->phase = ANSWER;
        watch(l, EPOLL_CTL_MOD, EPOLLIN);
        return;
    }
    if (l->phase == ANSWER || l->phase == OPEN) receive(l);
}

/// One handshake ahead of all others; TLS 1.3 tickets come with the first read.
static void fetch_ticket(void) {
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT);
    SSL_CTX_sess_set_new_cb(context, keep);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) < 0) { perror("connect"); exit(1); }
    SSL *ssl = SSL_new(context);
    SSL_set_fd(ssl, fd);
    char answer[4096];
    const char *ask = "GET /ticket HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    if (SSL_connect(ssl) == 1 && SSL_write(ssl, ask, (int)strlen(ask)) > 0)
        while (!ticket && SSL_read(ssl, answer, sizeof answer) > 0) {}
    if (!ticket) { fprintf(stderr, "the server gave no session ticket\n"); exit(1); }
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_free(ssl);
    close(fd);
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec + time.tv_nsec / 1e9;
}

int main(int argc, char **argv) {
    if (argc < 6) { fprintf(stderr, "listeners PORT COUNT PATH plain|tls|tickets ATONCE [HEADER...]\n"); return 64; }
    struct rlimit limit; getrlimit(RLIMIT_NOFILE, &limit); limit.rlim_cur = limit.rlim_max; setrlimit(RLIMIT_NOFILE, &limit);
    count = atoi(argv[2]); path = argv[3]; at_once = atoi(argv[5]);
    all = calloc(count, sizeof *all);
    address = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(atoi(argv[1])), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int used = snprintf(fields, sizeof fields, "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n");
    for (int i = 6; i < argc; i++) used += snprintf(fields + used, sizeof fields - used, "%s\r\n", argv[i]);
    snprintf(fields + used, sizeof fields - used, "\r\n");
    if (strcmp(argv[4], "plain") != 0) {
        context = SSL_CTX_new(TLS_client_method());
        SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
        SSL_CTX_set_ciphersuites(context, "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384");  // in the order of browsers
        SSL_CTX_set_verify(context, SSL_VERIFY_NONE, NULL);  // loopback, a certificate of this run
    }
    if (strcmp(argv[4], "tickets") == 0) fetch_ticket();
    epoll = epoll_create1(0);
    struct epoll_event input = {.events = EPOLLIN, .data.ptr = NULL};
    epoll_ctl(epoll, EPOLL_CTL_ADD, 0, &input);
    fcntl(0, F_SETFL, O_NONBLOCK);
    int told = 0;
    double start = now();
    for (;;) {
        while (begun < count && begun - finished < at_once) begin();
        if (!told && finished == count) {
            printf("ready %d failed %d seconds %.3f resumed %d\n", open_now, failed, now() - start, resumed);
            fflush(stdout);
            told = 1;
        }
        struct epoll_event events[256];
        int found = epoll_wait(epoll, events, 256, -1);
        for (int i = 0; i < found; i++) {
            if (events[i].data.ptr) { step(events[i].data.ptr); continue; }
            char line[256];
            long size = read(0, line, sizeof line);
            if (size == 0) return 0;
            for (long at = 0; at < size; at++)
                if (line[at] == '\n') { printf("%llu %llu %d\n", frames, bytes, open_now); fflush(stdout); }
        }
    }
}
