// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import Testing

@testable import Live

@Suite("UTF-8 in pieces")
struct UTF8CheckTests {
    private func accepts(_ bytes: [UInt8], cut: Int = 0) -> Bool {
        var check = UTF8Check()
        let isValid = bytes.withUnsafeBytes { bytes in
            check.take(UnsafeRawBufferPointer(rebasing: bytes[..<cut]))
                && check.take(UnsafeRawBufferPointer(rebasing: bytes[cut...]))
        }
        return isValid && check.isComplete
    }

    @Test("Every sequence of up to three edge bytes is judged as Swift judges it, wherever it is cut")
    func agrees() {
        let edges: [UInt8] = [
            0x00, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1, 0xEC, 0xED, 0xEE, 0xEF,
            0xF0, 0xF1, 0xF3, 0xF4, 0xF5, 0xFF,
        ]
        for first in edges {
            for second in edges {
                for third in edges {
                    let bytes = [first, second, third]
                    let expected = String(validating: bytes, as: UTF8.self) != nil
                    for cut in 0...3 { #expect(accepts(bytes, cut: cut) == expected, "\(bytes) cut at \(cut)") }
                }
            }
        }
    }

    @Test("Four bytes and long texts too")
    func agreesOnLongOnes() {
        var random = SeededGenerator(state: 3)
        for _ in 0..<5000 {
            var bytes: [UInt8] = []
            while bytes.count < 40 {
                let scalar = Unicode.Scalar(UInt32.random(in: 0..<0x11_0000, using: &random)) ?? "x"
                bytes += Array(String(scalar).utf8)
                if Bool.random(using: &random) { bytes += Array("plain text ".utf8) }
            }
            if Bool.random(using: &random) {
                bytes[Int.random(in: bytes.indices, using: &random)] = .random(in: 0...255, using: &random)
            }
            let expected = String(validating: bytes, as: UTF8.self) != nil
            #expect(accepts(bytes, cut: .random(in: 0...bytes.count, using: &random)) == expected, "\(bytes)")
        }
    }
}
