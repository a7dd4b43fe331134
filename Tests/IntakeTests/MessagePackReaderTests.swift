// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import Intake
import StrictJSON
import Testing

@Suite("MessagePack")
struct MessagePackReaderTests {
    private func json(_ bytes: [UInt8], depth: Int = 64, limit: Int = 1 << 20) throws -> String {
        String(decoding: try MessagePackReader.json(bytes, depth: depth, limit: limit), as: UTF8.self)
    }

    private func error(_ bytes: [UInt8], depth: Int = 64, limit: Int = 1 << 20) -> MessagePackError? {
        do throws(MessagePackError) {
            _ = try MessagePackReader.json(bytes, depth: depth, limit: limit)
            return nil
        } catch {
            return error
        }
    }

    @Test("What channels_redis was seen to send, byte for byte")
    func channels() throws {
        let sent =
            Array("\u{83}".unicodeScalars.map { UInt8($0.value) })
            + [0xA4] + Array("type".utf8) + [0xAE] + Array("notify.message".utf8)
            + [0xA5] + Array("event".utf8) + [0xAC] + Array("task.created".utf8)
            + [0xA4] + Array("data".utf8) + [0x81, 0xA2] + Array("id".utf8) + [0x07]
        #expect(try json(sent) == #"{"type":"notify.message","event":"task.created","data":{"id":7}}"#)
    }

    @Test(
        "Every type is read",
        arguments: [
            ([0x00], "0"), ([0x7F], "127"), ([0xE0], "-32"), ([0xFF], "-1"), ([0xC0], "null"), ([0xC2], "false"),
            ([0xC3], "true"), ([0xCC, 0xFF], "255"), ([0xCD, 0x01, 0x00], "256"),
            ([0xCE, 0xFF, 0xFF, 0xFF, 0xFF], "4294967295"),
            ([0xCF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF], "18446744073709551615"), ([0xD0, 0x80], "-128"),
            ([0xD1, 0x80, 0x00], "-32768"), ([0xD2, 0x80, 0, 0, 0], "-2147483648"),
            ([0xD3, 0x80, 0, 0, 0, 0, 0, 0, 0], "-9223372036854775808"), ([0xCA, 0x3D, 0xCC, 0xCC, 0xCD], "0.1"),
            ([0xCB, 0x3F, 0xB9, 0x99, 0x99, 0x99, 0x99, 0x99, 0x9A], "0.1"),
            ([0xCB, 0x80, 0, 0, 0, 0, 0, 0, 0], "-0.0"),
            ([0xA0], "\"\""), ([0xA3, 0x61, 0x22, 0x0A], #""a\"\n""#), ([0xD9, 0x01, 0x61], "\"a\""),
            ([0xDA, 0x00, 0x01, 0x61], "\"a\""), ([0xDB, 0, 0, 0, 1, 0x61], "\"a\""),
            ([0xC4, 0x02, 0xFF, 0x00], "\"/wA=\""),
            ([0xC5, 0x00, 0x01, 0x61], "\"YQ==\""), ([0xC6, 0, 0, 0, 0], "\"\""), ([0x90], "[]"),
            ([0x92, 0x01, 0xC0], "[1,null]"),
            ([0xDC, 0x00, 0x01, 0x01], "[1]"), ([0xDD, 0, 0, 0, 1, 0x90], "[[]]"), ([0x80], "{}"),
            ([0x82, 0xA1, 0x61, 0x01, 0xA1, 0x62, 0x80], #"{"a":1,"b":{}}"#), ([0x81, 0x07, 0xC3], #"{"7":true}"#),
            ([0x81, 0xFF, 0xC3], #"{"-1":true}"#), ([0xDE, 0x00, 0x01, 0xA1, 0x61, 0x01], #"{"a":1}"#),
            ([0xDF, 0, 0, 0, 1, 0xD9, 0x01, 0x61, 0x01], #"{"a":1}"#),
        ] as [([UInt8], String)]
    )
    func reads(bytes: [UInt8], expected: String) throws {
        #expect(try json(bytes) == expected)
        try JSONScanner.validate(Array(expected.utf8))
        for end in 0..<bytes.count { #expect(error(Array(bytes[..<end])) == .truncated, "cut at \(end)") }
        #expect(error(bytes + [0xC0]) == .trailing)
    }

    @Test(
        "What JSON has no word for is refused by name",
        arguments: [
            ([0xC1], .unknownType), ([0xA1, 0xFF], .notUTF8), ([0xCB, 0x7F, 0xF8, 0, 0, 0, 0, 0, 0], .notFinite),
            ([0xCB, 0x7F, 0xF0, 0, 0, 0, 0, 0, 0], .notFinite), ([0xCA, 0x7F, 0x80, 0, 0], .notFinite),
            ([0xD4, 0x05, 0x00], .extensionType(5)), ([0xD6, 0xFF, 0, 0, 0, 0], .extensionType(-1)),
            ([0xC7, 0x01, 0x09, 0x00], .extensionType(9)), ([0xC8, 0x00, 0x01, 0x09, 0x00], .extensionType(9)),
            ([0xC9, 0, 0, 0, 1, 0x09, 0x00], .extensionType(9)), ([0x81, 0xC3, 0x01], .badKey),
            ([0x81, 0x90, 0x01], .badKey),
            ([0x81, 0xC4, 0x01, 0x61, 0x01], .badKey), ([0xDD, 0xFF, 0xFF, 0xFF, 0xFF], .truncated),
            ([0xDB, 0xFF, 0xFF, 0xFF, 0xFF, 0x61], .truncated), ([0xDF, 0x7F, 0xFF, 0xFF, 0xFF], .truncated),
        ] as [([UInt8], MessagePackError)]
    )
    func refuses(bytes: [UInt8], expected: MessagePackError) {
        #expect(error(bytes) == expected)
    }

    @Test("Depth and size are taken at the limit and refused one over")
    func limits() throws {
        func nested(_ depth: Int) -> [UInt8] { Array(repeating: 0x91, count: depth) + [0xC0] }
        #expect(error(nested(64)) == nil)
        #expect(error(nested(65)) == .tooDeep)
        #expect(error(Array(repeating: 0x81, count: 100_000)) != nil)
        let text: [UInt8] = [0xD9, 100] + Array(repeating: 0x61, count: 100)
        #expect(error(text, limit: 102) == nil)
        #expect(error(text, limit: 101) == .tooBig)
    }

    @Test("Random bytes are refused or come out as JSON")
    func noise() throws {
        var random = Noise(state: 5)
        for _ in 0..<20_000 {
            let bytes = (0..<Int.random(in: 0..<60, using: &random)).map { _ in
                UInt8.random(in: 0...255, using: &random)
            }
            guard let json = try? MessagePackReader.json(bytes, limit: 4096) else { continue }
            do { try JSONScanner.validate(json) } catch {
                // Names that repeat are what JSON cannot have and MessagePack can; the caller's scanner refuses them.
                #expect(bytes.contains { (0x82...0x8F).contains($0) || $0 == 0xDE || $0 == 0xDF }, "\(bytes)")
            }
        }
    }

    private struct Noise: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state ^ state >> 29
        }
    }
}
