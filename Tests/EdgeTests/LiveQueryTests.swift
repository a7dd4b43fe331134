// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import Testing

@testable import Edge

@Suite("LiveQuery")
struct LiveQueryTests {
    @Test("Topics repeat, since may be empty, unknown members are ignored")
    func query() {
        let query = LiveQuery(Array("topic=board.7&topic=org.%2A&since=&poll=1&token=x".utf8)[...])
        #expect(query.topics == ["board.7", "org.*"])
        #expect(query.since == nil)
        #expect(query.isPoll)
        #expect(!query.isAnonymous)
        #expect(LiveQuery(nil) == LiveQuery())
        #expect(LiveQuery(Array("since=17-4&anonymous=1".utf8)[...]).since == "17-4")
        #expect(LiveQuery(Array("topic=%zz&topic=%4".utf8)[...]).topics == ["%zz", "%4"])
    }

    @Test(
        "Only paths of this origin are safe to return to",
        arguments: [
            ("/", true), ("/a?b=c", true), ("//evil", false), ("/\\evil", false), ("https://evil", false), ("", false),
            ("/a\nb", false), ("/a b", false),
        ]
    )
    func next(path: String, safe: Bool) { #expect(NextPath.isSafe(path) == safe) }
}
