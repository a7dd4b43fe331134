// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import NIOPosix
import StrictJSON
import TestSupport
import Testing

@testable import Tokens

@Suite("Fetching key sets over HTTP")
struct HTTPKeySetSourceTests {
    private static let type = "content-type: application/json\r\n"

    private func fetch(
        _ script: [FakeUpstream.Step],
        timeout: Duration = .seconds(60)
    ) async throws -> Result<FetchedKeySet, KeySetFetchError> {
        let upstream = try await FakeUpstream.start([.receiveHead] + script)
        let source = HTTPKeySetSource(group: MultiThreadedEventLoopGroup.singleton, timeout: timeout)
        let result: Result<FetchedKeySet, KeySetFetchError>
        do throws(KeySetFetchError) {
            result = .success(try await source.fetch("http://127.0.0.1:\(upstream.port)/.well-known/jwks.json"))
        } catch {
            result = .failure(error)
        }
        await upstream.stop()
        return result
    }

    private func code(_ script: [FakeUpstream.Step], timeout: Duration = .seconds(60)) async throws -> KeySetFetchError
        .Code?
    {
        switch try await self.fetch(script, timeout: timeout) {
        case .success: nil
        case .failure(let error): error.code
        }
    }

    private func answer(_ fields: String, _ body: String) -> [FakeUpstream.Step] {
        [.send("HTTP/1.1 200 OK\r\n\(fields)content-length: \(body.utf8.count)\r\n\r\n\(body)")]
    }

    @Test("A good set loads, with the lifetime it states")
    func good() async throws {
        let body = String(decoding: SigningKey.jwks([try SigningKey.generate(.es256)]).encoded(), as: UTF8.self)
        let fetched = try await self.fetch(self.answer(Self.type + "cache-control: public, max-age=600\r\n", body))
            .get()
        #expect(fetched.keys.keys.count == 1)
        #expect(fetched.maxAge == .seconds(600))
    }

    @Test("Redirects, other statuses, types and documents are refused")
    func hostile() async throws {
        let moved = "HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n"
        #expect(try await self.code([.send(moved)]) == .redirect)
        #expect(try await self.code([.send("HTTP/1.1 500 X\r\ncontent-length: 0\r\n\r\n")]) == .status)
        #expect(try await self.code(self.answer("content-type: text/html\r\n", "{}")) == .contentType)
        #expect(try await self.code(self.answer("", "{}")) == .contentType)
        #expect(try await self.code(self.answer(Self.type, "<html>")) == .unreadable)
        let many = #"{"keys":["# + Array(repeating: "{}", count: 101).joined(separator: ",") + "]}"
        #expect(try await self.code(self.answer(Self.type, many)) == .unreadable)
        #expect(try await self.code([.close]) == .unreachable)
    }

    @Test("256 KiB load, one byte more does not")
    func size() async throws {
        let limit = HTTPKeySetSource.maximumBytes
        let full = #"{"keys":[]}"# + String(repeating: " ", count: limit - 11)
        #expect(try await self.code(self.answer(Self.type, full)) == nil)
        #expect(try await self.code(self.answer(Self.type, full + " ")) == .tooLarge)
    }

    @Test("A body that never ends is given up in time")
    func slow() async throws {
        let head = "HTTP/1.1 200 OK\r\n\(Self.type)content-length: 11\r\n\r\n{"
        #expect(try await self.code([.send(head)], timeout: .milliseconds(100)) == .timeout)
        #expect(try await self.code([], timeout: .milliseconds(100)) == .timeout)
    }
}
