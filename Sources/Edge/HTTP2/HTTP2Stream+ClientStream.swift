// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import HTTPMessages
internal import Live
internal import NIOCore

extension HTTP2Stream: ClientStream {
    var isWritable: Bool {
        let isWritable = self.connection.isWritable && self.outboundBytes < Self.outboundHighMark
        if !isWritable { self.isHeld = true }
        return isWritable
    }

    var pendingBytes: Int { self.outboundBytes }

    func resumeReading() { self.feed() }

    func sendContinue() {
        self.writeHead(status: 100) { _ in }
        self.connection.flush()
    }

    func sendInterim(_ head: MessageHead) {
        self.writeHead(status: head.status) { block in
            HeaderPolicy.forEachInterimField(head) { FieldBlockEncoder.field(name: $0, value: $1, into: &block) }
        }
        self.connection.flush()
    }

    func sendHead(_ head: MessageHead, framing: BodyFraming, statement: HeaderPolicy.ResponseStatement) {
        var length: Int?
        switch framing {
        case .none:
            let isAnnounced = self.exchange.head.method == .head || head.status == 304
            if isAnnounced { length = HeaderPolicy.announcedLength(head) }
        case .length(let count): length = count
        case .chunked, .untilClose: break
        }
        self.writeHead(status: head.status, endStream: framing == .none) { block in
            HeaderPolicy.forEachResponseField(head, statement: statement) {
                FieldBlockEncoder.field(name: $0, value: $1, into: &block)
            }
            if let length { FieldBlockEncoder.contentLength(length, into: &block) }
        }
    }

    func sendStreamHead(_ answer: Answer) {
        self.writeHead(status: answer.status) { Self.encode(answer, into: &$0) }
        self.connection.flush()
    }

    func send(_ answer: Answer, reusable: Bool) {
        let isBodiless = answer.body.isEmpty || self.exchange.head.method == .head
        self.writeHead(status: answer.status, endStream: isBodiless) { block in
            Self.encode(answer, into: &block)
            if answer.status != 204, answer.status != 304 {
                FieldBlockEncoder.contentLength(answer.body.count, into: &block)
            }
        }
        if !isBodiless { self.append(ByteBuffer(bytes: answer.body)) }
    }

    func sendBody(_ bytes: ByteBuffer) {
        guard bytes.readableBytes > 0, !self.sentEnd else { return }
        self.append(bytes)
    }

    func flush() {
        self.connection.enqueue(self)
        self.connection.flush()
    }

    func end(reusable: Bool) {
        self.endRequest()
        if self.sentEnd {
            self.finished()
        } else {
            self.endsOutbound = true
            self.connection.enqueue(self)
        }
        self.connection.flush()
    }

    func abort() {
        self.endRequest()
        self.connection.reset(self, self.fault ?? .internalError)
    }

    /// Browsers open WebSockets over HTTP/1.1; extended CONNECT is not offered, so nothing can ask for this.
    func upgrade(accept: String, join: JoinRequest) { self.abort() }
    func switchProtocols(
        _ head: MessageHead,
        statement: HeaderPolicy.ResponseStatement,
        to handler: TunnelClientHandler
    ) { self.abort() }

    private func writeHead(status: Int, endStream: Bool = false, _ fields: (inout ByteBuffer) -> Void) {
        guard !self.sentEnd else { return }
        self.connection.writeHead(self, status: status, endStream: endStream, fields)
        self.sentEnd = endStream
    }

    private static func encode(_ answer: Answer, into block: inout ByteBuffer) {
        for field in answer.fields {
            FieldBlockEncoder.field(
                name: Array(field.name.utf8)[...],
                value: Array(field.value.utf8)[...],
                into: &block
            )
        }
    }
}
