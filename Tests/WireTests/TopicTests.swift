// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Testing
internal import Wire

@Suite("Topics")
struct TopicTests {
    @Test("have up to eight segments and 200 bytes", arguments: ["a", "board.7", "A-z_0.b", "1.2.3.4.5.6.7.8"])
    func valid(_ name: String) throws {
        #expect(try Topic(name).name == name)
        #expect(try !Topic(name).isReserved)
    }

    @Test(
        "are refused otherwise",
        arguments: [
            ("", TopicError.empty), (".", .badSegment), ("a.", .badSegment), (".a", .badSegment), ("a..b", .badSegment),
            ("a b", .badSegment), ("é", .badSegment), ("a\"b", .badSegment), ("$mark", .reserved),
            ("a.*", .badWildcard),
            ("*", .badWildcard), ("1.2.3.4.5.6.7.8.9", .tooManySegments),
        ]
    )
    func invalid(_ name: String, _ error: TopicError) { #expect(throws: error) { try Topic(name) } }

    @Test("are measured in bytes, exactly")
    func length() throws {
        _ = try Topic(String(repeating: "a", count: 200))
        #expect(throws: TopicError.tooLong) { try Topic(String(repeating: "a", count: 201)) }
    }

    @Test("of ours cannot be named from outside")
    func reserved() {
        #expect(Topic(reserved: "$mark").isReserved)
        #expect(throws: TopicError.reserved) { try Topic(Topic(reserved: "$close").name) }
    }

    @Test(
        "take any claim as one segment",
        arguments: [
            ("42", "42"), ("a-b_C", "a-b_C"), ("a.b", "b64-YS5i"), ("*", "b64-Kg"), ("", "b64-"),
            ("b64-x", "b64-YjY0LXg"),
            ("auth0|1", "b64-YXV0aDB8MQ"), ("$x", "b64-JHg"), ("ÿÿ>", "b64-w7_Dvz4"),
        ]
    )
    func segments(_ value: String, _ segment: String) throws {
        #expect(Topic.segment(encoding: value) == segment)
        #expect(Topic.user(value).name == "user.\(segment)")
        _ = try Topic("user.\(segment)")
    }

    @Test("are matched by a filter with a star one segment or more below it")
    func filters() throws {
        let star = try TopicFilter("org.*")
        for (name, isMatch) in [
            ("org", false), ("org.a", true), ("org.a.b", true), ("organ.a", false), ("or.g", false),
        ] {
            #expect(star.matches(try Topic(name)) == isMatch, "\(name)")
        }
        #expect(star.prefix == "org" && star.isWildcard && star.description == "org.*")
        #expect(try TopicFilter("org.a").matches(Topic("org.a")))
        #expect(try !TopicFilter("org.a").matches(Topic("org.a.b")))
    }

    @Test(
        "are asked for by one star at the end only",
        arguments: ["*", ".*", "a.*.b", "a.*.*", "a*", "a.**", "$live.*", "$mark", "1.2.3.4.5.6.7.8.*", ""]
    )
    func badFilters(_ text: String) { #expect(throws: TopicError.self) { try TopicFilter(text) } }

    @Test("A filter covers another when it matches everything the other does")
    func covers() throws {
        let cases = [
            ("org.*", "org.a", true), ("org.*", "org.a.*", true), ("org.*", "org.*", true), ("org.*", "org", false),
            ("org.a.*", "org.*", false), ("org.a", "org.a", true), ("org.a", "org.*", false), ("org.a", "org.b", false),
            ("org.*", "organ.*", false),
        ]
        for (a, b, expected) in cases { #expect(try TopicFilter(a).covers(TopicFilter(b)) == expected, "\(a) \(b)") }
    }
}
