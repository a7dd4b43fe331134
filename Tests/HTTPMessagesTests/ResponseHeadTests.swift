// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import Testing

@testable import HTTPMessages

@Suite("Response heads")
struct ResponseHeadTests {
    @Test(
        "Status lines as servers write them",
        arguments: [
            "HTTP/1.1 200 OK", "HTTP/1.1 200 ", "HTTP/1.1 200", "HTTP/1.0 404 Not Found", "HTTP/1.1 599 \u{FC}",
        ]
    )
    func accepts(line: String) throws {
        let bytes = Array((line + "\r\na: b\r\n\r\n").utf8)
        #expect(try parse(bytes, as: .response) != nil)
        #expect(outcome(bytes, as: .response, pieceSize: 1) == outcome(bytes, as: .response))
    }

    @Test(
        "What is no answer is refused",
        arguments: [
            "HTTP/1.1 20 OK\r\n\r\n", "HTTP/1.1 2000 OK\r\n\r\n", "HTTP/1.1 099 X\r\n\r\n", "HTTP/1.1 600 X\r\n\r\n",
            "HTTP/2 200\r\n\r\n",
            "SSH-2.0", "\r\nHTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1  200 OK\r\n\r\n", "HTTP/1.1 200 O\u{1}\r\n\r\n",
            "HTTP/1.1 200 OK\n\n",
            "HTTP/1.1 200 OK\r\na : b\r\n\r\n", "HTTP/1.1 200 OK\r\na: b\r\n c\r\n\r\n",
            "HTTP/1.1 200 OK\r\ncontent-length: 5\u{FC}\r\n\r\n",
            "HTTP/1.1 200 OK\r\nx: a\u{1}\u{FC}\r\n\r\n",
        ]
    )
    func refuses(text: String) {
        #expect(code(Array(text.utf8), as: .response) == .badMessage)
        #expect(outcome(Array(text.utf8), as: .response, pieceSize: 1) == outcome(Array(text.utf8), as: .response))
    }

    @Test("A field with bytes above 0x7E is left out and counted")
    func dropsFields() throws {
        let bytes = Array("HTTP/1.1 200 OK\r\na: 1\r\nx-name: Müller\r\nb: 2\r\n\r\n".utf8)
        let head = try #require(try parse(bytes, as: .response))
        #expect(head.fields.map { string(head.name($0)) } == ["a", "b"])
        #expect(head.droppedFields == 1)
    }

    @Test(
        "How long an answer's body is",
        arguments: [
            (200, "content-length: 5", Method.get, BodyFraming.length(5)), (200, "content-length: 5", .head, .none),
            (204, "x: y", .get, .none), (304, "content-length: 5", .get, .none), (103, "x: y", .get, .none),
            (200, "transfer-encoding: chunked", .post, .chunked), (200, "x: y", .get, .untilClose),
            (200, "content-length: 0", .get, .length(0)),
        ]
    )
    func framing(status: Int, field: String, method: HTTPMessages.Method, expected: BodyFraming) throws {
        let head = try #require(try parse(Array("HTTP/1.1 \(status) X\r\n\(field)\r\n\r\n".utf8), as: .response))
        #expect(try Framing.ofResponse(head, to: method) == expected)
    }

    @Test(
        "Bad framing of an answer is a bad message",
        arguments: [
            "HTTP/1.1 200 X\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n",
            "HTTP/1.1 200 X\r\ntransfer-encoding: gzip\r\n\r\n",
            "HTTP/1.0 200 X\r\ntransfer-encoding: chunked\r\n\r\n",
            "HTTP/1.1 204 X\r\ntransfer-encoding: chunked\r\n\r\n",
            "HTTP/1.1 200 X\r\ncontent-length: 1\r\ncontent-length: 1\r\n\r\n",
            "HTTP/1.1 200 X\r\ncontent-length: a\r\n\r\n",
        ]
    )
    func badFraming(text: String) throws {
        let head = try #require(try parse(Array(text.utf8), as: .response))
        #expect { try Framing.ofResponse(head, to: .get) } throws: { ($0 as? MessageError)?.code == .badMessage }
    }
}
