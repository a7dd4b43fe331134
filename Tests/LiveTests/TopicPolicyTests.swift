// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import StrictJSON
import Testing
import Wire

@testable import Live

@Suite("Topic policy")
struct TopicPolicyTests {
    private let claims: JSONValue = [
        "org": "acme", "projects": ["p1", "p.2", 3], "evil": "*", "star": "a.*", "tricky": "b64-YQ",
        "object": ["a": "b"],
    ]

    @Test(
        "Patterns × topics",
        arguments: [
            ("announcements", "announcements", true),
            ("announcements", "announcements.*", false),
            ("announcements", "other", false),
            ("org.{org}.*", "org.acme.news", true),
            ("org.{org}.*", "org.acme.news.today", true),
            ("org.{org}.*", "org.acme.*", true),
            ("org.{org}.*", "org.acme.news.*", true),
            ("org.{org}.*", "org.acme", false),
            ("org.{org}.*", "org.*", false),
            ("org.{org}.*", "org.other.news", false),
            ("project.{projects}", "project.p1", true),
            ("project.{projects}", "project.3", true),
            ("project.{projects}", "project.b64-cC4y", true),
            ("project.{projects}", "project.p.2", false),
            ("project.{projects}", "project.p2", false),
            ("x.{evil}", "x.anything", false),
            ("x.{evil}", "x.*", false),
            ("x.{evil}", "x.b64-Kg", true),
            ("x.{star}", "x.a.b", false),
            ("x.{tricky}", "x.b64-YQ", false),
            ("x.{missing}", "x.missing", false),
            ("x.{missing}.*", "x.y.z", false),
            ("x.{object}", "x.a", false),
            ("user.{org}", "user.7", false),
        ]
    )
    func table(pattern: String, topic: String, isAllowed: Bool) throws {
        let policy = TopicPolicy(allowed: [try TopicPattern(pattern)])
        #expect(policy.allows(try TopicFilter(topic), subject: "42", claims: claims) == isAllowed)
    }

    @Test("Everyone has their own topic, exactly, and nothing else by default")
    func implied() throws {
        let policy = TopicPolicy()
        #expect(policy.allows(try TopicFilter("user.42"), subject: "42", claims: claims))
        #expect(!policy.allows(try TopicFilter("user.42.*"), subject: "42", claims: claims))
        #expect(!policy.allows(try TopicFilter("user.43"), subject: "42", claims: claims))
        #expect(policy.allows(try TopicFilter("user.b64-YS5i"), subject: "a.b", claims: claims))
        #expect(!policy.allowsAnonymously(try TopicFilter("announcements")))
    }

    @Test("Malformed patterns are refused", arguments: ["", "a..b", "*", "a.*.b", "$x", "a.{b", "{}", "a b"])
    func refuses(pattern: String) {
        #expect(throws: TopicError.self) { try TopicPattern(pattern) }
    }
}
