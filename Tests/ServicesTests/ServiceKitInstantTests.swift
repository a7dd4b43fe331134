// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation
import ServiceKit
import Testing

@Suite("Times in JSON")
struct ServiceKitInstantTests {
    @Test(
        "Accepted times, in every spelling of RFC 3339",
        arguments: [
            ("1970-01-01T00:00:00Z", "1970-01-01T00:00:00.000Z"),
            ("2024-02-29T23:59:59.9z", "2024-02-29T23:59:59.900Z"),
            ("2026-11-24t18:00:00.123456789+05:30", "2026-11-24T12:30:00.123Z"),
            ("2026-12-31T23:30:00-01:00", "2027-01-01T00:30:00.000Z"),
            ("2000-03-01T00:00:00Z", "2000-03-01T00:00:00.000Z"),
            ("9999-12-31T23:59:59Z", "9999-12-31T23:59:59.000Z"),
        ]
    )
    func accepted(_ text: String, _ utc: String) throws {
        #expect(Instant.text(try #require(Instant.parse(text))) == utc)
    }

    @Test(
        "Everything else is refused",
        arguments: [
            "", "tomorrow", "2026-11-24", "2026-11-24T18:00:00", "2026-11-24 18:00:00Z", "2026-13-01T00:00:00Z",
            "2026-02-30T00:00:00Z", "2025-02-29T00:00:00Z", "1900-02-29T00:00:00Z", "2026-00-01T00:00:00Z",
            "2026-01-00T00:00:00Z", "2026-01-01T24:00:00Z", "2026-01-01T00:60:00Z", "2026-12-31T23:59:60Z",
            "2026-01-01T00:00:00.Z", "2026-01-01T00:00:00.1234567890Z", "2026-01-01T00:00:00+0100",
            "2026-01-01T00:00:00+24:00", "2026-01-01T00:00:00Z ", "1969-12-31T23:59:59Z", "9999-12-31T23:59:59-00:01",
            "+026-01-01T00:00:00Z", "٢٠٢٦-01-01T00:00:00Z",
        ]
    )
    func refused(_ text: String) {
        #expect(Instant.parse(text) == nil)
    }

    @Test("Every day for four hundred years agrees with Foundation")
    func calendar() async throws {
        for day in 0..<146_097 {
            if day % 4096 == 0 { await Task.yield() }
            let text = Instant.text(milliseconds: Int64(day) * 86_400_000)
            #expect(Instant.parse(text)?.timeIntervalSince1970 == Double(day) * 86_400)
        }
    }
}
