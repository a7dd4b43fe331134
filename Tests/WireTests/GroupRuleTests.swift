// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import Testing
import Wire

@Suite("Groups as topics")
struct GroupRuleTests {
    @Test(
        "A capture becomes one segment, whatever it holds",
        arguments: [
            ("user_{1}", "user.{1}", "user_42", "user.42"),
            ("user.{1}", "user.{1}", "user.7", "user.7"),
            ("user_{1}", "user.{1}", "user_a_b", "user.a_b"),
            ("user_{1}", "user.{1}", "user_a.b", "user.b64-YS5i"),
            ("user_{1}", "user.{1}", "user_b64-x", "user.b64-YjY0LXg"),
            ("board-{1}-{2}", "board.{2}.{1}", "board-a-b-c", "board.b-c.a"),
            ("{1}_board_{2}_x", "b.{1}.{2}", "a_board_c_x_x", "b.a.c_x"),
            ("news", "announcements", "news", "announcements"),
            ("{1}", "group.{1}", "any", "group.any"),
        ]
    )
    func maps(group: String, topic: String, name: String, expected: String) throws {
        #expect(try GroupRule(group: group, topic: topic).topic(of: name)?.name == expected)
    }

    @Test(
        "Other groups, and captures of nothing, are not its own",
        arguments: ["user_", "user", "users_1", "xuser_1", ""]
    )
    func passes(name: String) throws {
        #expect(try GroupRule(group: "user_{1}", topic: "user.{1}").topic(of: name) == nil)
        #expect(try GroupRule(group: "news", topic: "n").topic(of: name) == nil)
    }

    @Test("A topic that would be too long is none")
    func tooLong() throws {
        let rule = try GroupRule(group: "u{1}", topic: "u.{1}")
        #expect(rule.topic(of: "u" + String(repeating: "x", count: 198)) != nil)
        #expect(rule.topic(of: "u" + String(repeating: "x", count: 199)) == nil)
    }

    @Test("What Redis is asked for is the pattern with stars, never a bare star in front of everything")
    func globs() throws {
        let rule = try GroupRule(group: "board-{1}-{2}", topic: "board.{1}.{2}")
        #expect(rule.glob == "board-*-*")
        #expect(!rule.isExact)
        #expect(try GroupRule(group: "news", topic: "n").isExact)
    }

    @Test(
        "A rule that cannot work is refused",
        arguments: [
            ("", "x"), ("a*", "x"), ("a[b]", "x"), ("a?", "x"), ("a b", "x"), ("a{}", "x"), ("a{0}", "x"),
            ("a{10}", "x"),
            ("a{1", "x"), ("{1}{2}", "x.{1}"), ("{1}_{1}", "x.{1}"), ("a_{1}", "x.{2}"), ("a", "$close"), ("a", "a..b"),
            ("a", ""), ("a_{1}", "{1}.*"), (String(repeating: "x", count: 100), "x"), ("ä_{1}", "x.{1}"),
        ]
    )
    func refuses(group: String, topic: String) {
        #expect(throws: GroupRule.Refusal.self) { try GroupRule(group: group, topic: topic) }
    }
}
