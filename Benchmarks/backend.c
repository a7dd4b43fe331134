// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.
//
// The upstream behind every gateway measured here: one thread, epoll, HTTP/1.1 keep-alive, as cheap as it can be.
//
//   backend PORT
//     GET  /count        how many requests it has answered, this one not counted
//     GET  /bytes/N      N bytes
//     any  /anything     reads the body (Content-Length or chunked), then 200 B of JSON
//
// Trusts its callers (the gateways): no limits, no timeouts. Loopback only.

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { headLimit = 16 << 10, blockSize = 256 << 10 };

enum phase { phaseHead, phaseBody, phaseChunkSize, phaseChunkData, phaseChunkEnd, phaseSending };

struct connection {
    int socket;
    enum phase phase;
    size_t used;            // of head
    uint64_t left;          // of the body, or of the chunk, or still to send
    uint64_t download;      // the answer's length where it is not the JSON
    int isLastChunk, isCount, wantsWrite;
    char head[headLimit];
};

static char block[blockSize];
static char answer[512];
static size_t answerLength;
static uint64_t answered;
static int poll_;

static void watch(struct connection *c, int operation, uint32_t events) {
    struct epoll_event event = {.events = events, .data.ptr = c};
    if (epoll_ctl(poll_, operation, c->socket, &event) < 0) perror("epoll_ctl");
}

static void end(struct connection *c) {
    close(c->socket);
    free(c);
}

// 0 where the connection is gone.
static int sendAll(struct connection *c, const char *bytes, size_t count) {
    while (count > 0) {
        ssize_t sent = send(c->socket, bytes, count, MSG_NOSIGNAL);
        if (sent < 0 && errno == EAGAIN) continue;  // a few hundred bytes: the buffer takes them at once
        if (sent <= 0) return 0;
        bytes += sent;
        count -= (size_t)sent;
    }
    return 1;
}

static int pushDownload(struct connection *c) {
    while (c->left > 0) {
        size_t count = c->left < blockSize ? (size_t)c->left : blockSize;
        ssize_t sent = send(c->socket, block, count, MSG_NOSIGNAL);
        if (sent < 0 && errno == EAGAIN) {
            if (!c->wantsWrite) watch(c, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT);
            c->wantsWrite = 1;
            return 1;
        }
        if (sent <= 0) return 0;
        c->left -= (uint64_t)sent;
    }
    if (c->wantsWrite) watch(c, EPOLL_CTL_MOD, EPOLLIN);
    c->wantsWrite = 0;
    c->phase = phaseHead;
    return 1;
}

static int respond(struct connection *c) {
    char head[256], body[32];
    if (c->isCount) {
        int length = snprintf(body, sizeof body, "%llu\n", (unsigned long long)answered);
        int count = snprintf(head, sizeof head, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", length, body);
        c->phase = phaseHead;
        return sendAll(c, head, (size_t)count);
    }
    answered++;
    if (c->download == 0) {
        c->phase = phaseHead;
        return sendAll(c, answer, answerLength);
    }
    int count = snprintf(
        head, sizeof head, "HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: %llu\r\n\r\n",
        (unsigned long long)c->download);
    c->phase = phaseSending;
    c->left = c->download;
    return sendAll(c, head, (size_t)count) && pushDownload(c);
}

static const char *field(const char *head, const char *name) {
    const char *found = strcasestr(head, name);
    return found ? found + strlen(name) : NULL;
}

// `head` ends in a NUL behind its empty line.
static void readHead(struct connection *c, const char *head) {
    const char *path = strchr(head, ' ');
    c->isCount = path && strncmp(path, " /count ", 8) == 0;
    const char *bytes = path ? strstr(path, "/bytes/") : NULL;
    c->download = bytes && bytes < strchr(head, '\r') ? strtoull(bytes + 7, NULL, 10) : 0;
    const char *length = field(head, "\r\ncontent-length:");
    c->left = length ? strtoull(length, NULL, 10) : 0;
    c->isLastChunk = 0;
    c->phase = field(head, "\r\ntransfer-encoding:") ? phaseChunkSize : phaseBody;
}

// The bytes of a request's body. How many were taken; c->phase says whether the body is over (phaseSending).
static size_t readBody(struct connection *c, const char *bytes, size_t count) {
    size_t at = 0;
    while (c->phase != phaseSending) {
        if (c->phase == phaseBody || c->phase == phaseChunkData) {
            size_t take = c->left < count - at ? (size_t)c->left : count - at;
            at += take;
            c->left -= take;
            if (c->left > 0) return at;
            c->phase = c->phase == phaseBody ? phaseSending : phaseChunkEnd;
            continue;
        }
        if (at == count) return at;
        char byte = bytes[at++];
        if (c->phase == phaseChunkSize) {
            if (byte == '\n') {
                c->isLastChunk = c->left == 0;
                c->phase = c->isLastChunk ? phaseChunkEnd : phaseChunkData;
            } else if (byte != '\r') {
                c->left = c->left * 16 + (uint64_t)(byte <= '9' ? byte - '0' : (byte | 0x20) - 'a' + 10);
            }
        } else if (byte == '\n') {
            c->phase = c->isLastChunk ? phaseSending : phaseChunkSize;
        }
    }
    return at;
}

static int readable(struct connection *c) {
    static char bytes[blockSize];
    for (;;) {
        ssize_t count = recv(c->socket, bytes, sizeof bytes, 0);
        if (count < 0 && errno == EAGAIN) return 1;
        if (count <= 0) return 0;
        size_t at = 0;
        while (at < (size_t)count) {
            if (c->phase == phaseHead) {
                if (c->used == headLimit - 1) return 0;
                c->head[c->used++] = bytes[at++];
                if (c->used < 4 || memcmp(c->head + c->used - 4, "\r\n\r\n", 4) != 0) continue;
                c->head[c->used] = 0;
                readHead(c, c->head);
                c->used = 0;
            }
            at += readBody(c, bytes + at, (size_t)count - at);
            if (c->phase == phaseSending && !respond(c)) return 0;
            if (c->phase == phaseSending) break;  // nothing follows a download before it is out
        }
        if ((size_t)count < sizeof bytes) return 1;
    }
}

int main(int count, char **arguments) {
    if (count != 2) return fprintf(stderr, "usage: backend PORT\n"), 2;
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    memset(block, 'x', sizeof block);
    char body[201];
    memset(body, 'x', 200);
    memcpy(body, "{\"text\":\"", 9);
    memcpy(body + 198, "\"}", 3);
    answerLength = (size_t)snprintf(
        answer, sizeof answer, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 200\r\n\r\n%s", body);

    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), on = 1;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(arguments[1]))};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) < 0 || listen(listener, 4096) < 0)
        return perror("backend"), 1;
    poll_ = epoll_create1(0);
    struct epoll_event accepting = {.events = EPOLLIN, .data.ptr = NULL};
    epoll_ctl(poll_, EPOLL_CTL_ADD, listener, &accepting);

    struct epoll_event events[256];
    for (;;) {
        int ready = epoll_wait(poll_, events, 256, -1);
        for (int index = 0; index < ready; index++) {
            struct connection *c = events[index].data.ptr;
            if (c == NULL) {
                int accepted;
                while ((accepted = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
                    setsockopt(accepted, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
                    struct connection *new = calloc(1, sizeof *new);
                    new->socket = accepted;
                    watch(new, EPOLL_CTL_ADD, EPOLLIN);
                }
                continue;
            }
            int stays = 1;
            if (events[index].events & EPOLLOUT) stays = pushDownload(c);
            if (stays && events[index].events & ~(uint32_t)EPOLLOUT) stays = readable(c);
            if (!stays) end(c);
        }
    }
}
