// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import Gateway
import Settings
import Testing

@Suite("drain.notReady")
struct DrainSettingsTests {
    private let live = "live:      {"

    @Test("Is 5 s, in dev none, and what the file says in either")
    func values() throws {
        let fixture = try ConfigurationFixture()
        #expect(try fixture.settings().notReady == .seconds(5))
        #expect(try fixture.settings([(live, "profile: dev\n\(live)")]).notReady == .zero)
        #expect(try fixture.settings([(live, "drain: {}\n\(live)")]).notReady == .seconds(5))
        #expect(try fixture.settings([(live, "drain: { notReady: 0s }\n\(live)")]).notReady == .zero)
        #expect(
            try fixture.settings([(live, "profile: dev\ndrain: { notReady: 2s }\n\(live)")]).notReady == .seconds(2)
        )
    }

    @Test("More than 15 s, no duration and other keys are refused", arguments: ["16s", "-1s", "soon", "5"])
    func refused(_ value: String) throws {
        let fixture = try ConfigurationFixture()
        let text = try #require(try fixture.refusal([(live, "drain: { notReady: \(value) }\n\(live)")]))
        #expect(text.contains("drain.notReady"))
        let unknown = try #require(try fixture.refusal([(live, "drain: { notReddy: 1s }\n\(live)")]))
        #expect(unknown.contains("did you mean notReady"))
    }
}
