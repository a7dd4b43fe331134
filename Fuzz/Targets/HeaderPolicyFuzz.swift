// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import HTTPMessages
import NIOCore

@testable import Edge

extension FuzzTarget {
    static let headerPolicy = FuzzTarget(name: "header-policy") { (bytes) throws(Broken) in
        try HeaderPolicyFuzz.check(bytes)
    }
}

/// What goes upstream for whatever a client sends: one well-formed head in which everything that sounds like us is ours.
enum HeaderPolicyFuzz {
    private static let token = "ours.ours.ours"
    private static let client = ClientAddress(try? SocketAddress(ipAddress: "192.0.2.7", port: 1))

    static func check(_ bytes: [UInt8]) throws(FuzzTarget.Broken) {
        var parser = HTTP1HeadParser(.request)
        var head = MessageHead()
        var buffer = ByteBuffer(bytes: bytes)
        let framing: BodyFraming
        do throws(MessageError) {
            guard try parser.parse(&buffer, into: &head) else { return }
            framing = try Framing.ofRequest(head)
        } catch {
            return
        }
        for route in self.routes {
            let sent = try self.sent(head, framing, route)
            try self.check(sent, of: head, framing, route)
        }
    }

    private static let routes: [RouteSettings] = [
        .init(prefix: "/", upstream: "u", authentication: .required),
        .init(prefix: "/", upstream: "u", authentication: .optional, session: .pass),
        .init(prefix: "/", upstream: "u", authentication: .none),
    ]

    /// Written by the policy, read back by the parser upstreams' sides of our tests use too.
    private static func sent(
        _ head: MessageHead,
        _ framing: BodyFraming,
        _ route: RouteSettings
    ) throws(FuzzTarget.Broken) -> MessageHead {
        var scratch: [UInt8] = []
        var written = ByteBuffer()
        _ = HeaderPolicy.writeRequest(
            head,
            framing: framing,
            route: route,
            statement: .init(
                host: head.first(.host) ?? [],
                client: self.client,
                port: 443,
                bearer: route.authentication == .required ? self.token : nil,
                cursor: Array("5-1".utf8),
                requestID: RequestID(high: 1, low: 2),
                trace: .init(id: RequestID(high: 1, low: 2), span: 3, isSampled: true, passesState: false)
            ),
            scratch: &scratch,
            into: &written
        )
        // Ours may be longer than what we take: the fields we add must not be what breaks the limits here.
        var limits = HeadLimits()
        limits.head *= 2
        limits.fields += 32
        limits.field *= 2
        var parser = HTTP1HeadParser(.request, limits: limits)
        var sent = MessageHead()
        let isWhole: Bool
        do throws(MessageError) {
            isWhole = try parser.parse(&written, into: &sent)
        } catch {
            throw FuzzTarget.Broken("an upstream would refuse it: \(error)")
        }
        try FuzzTarget.require(isWhole && written.readableBytes == 0, "not one head")
        return sent
    }

    private static let single: [String] = [
        "host", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-forwarded-port", "forwarded",
        "x-request-id", "traceparent", "live-cursor",
    ]

    private static func check(
        _ sent: MessageHead,
        of head: MessageHead,
        _ framing: BodyFraming,
        _ route: RouteSettings
    ) throws(FuzzTarget.Broken) {
        try FuzzTarget.require(sent.method == head.method && sent.target.elementsEqual(head.target), "another request")
        var counts: [String: Int] = [:]
        for field in sent.fields {
            let name = String(decoding: sent.name(field), as: UTF8.self)
            let value = String(decoding: sent.value(field), as: UTF8.self)
            counts[name, default: 0] += 1
            try FuzzTarget.require(!name.contains("_") && !name.contains("."), "\(name) may be read as another name")
            try FuzzTarget.require(
                !FieldName.isHopByHop(field.id) || name == "transfer-encoding",
                "\(name) is ours alone"
            )
            if FieldName.isReserved(Array(name.utf8)) {
                try FuzzTarget.require(self.single.contains(name), "\(name) is reserved")
            }
            switch name {
            case "x-forwarded-for": try FuzzTarget.require(value == "192.0.2.7", "\(name) is not ours")
            case "x-forwarded-proto": try FuzzTarget.require(value == "https", "\(name) is not ours")
            case "live-cursor": try FuzzTarget.require(value == "5-1", "\(name) is not ours")
            case "authorization" where route.authentication != .none:
                try FuzzTarget.require(value == "Bearer \(self.token)", "\(name) is not ours")
            case "cookie" where route.session == .strip:
                try FuzzTarget.require(!CookieFuzz.names(in: value).contains("__Host-Http-sid"), "our cookie leaves")
            default: break
            }
        }
        for name in self.single {
            try FuzzTarget.require(counts[name] == 1, "\(name) \(counts[name] ?? 0) times")
        }
        let again: BodyFraming?
        do { again = try Framing.ofRequest(sent) } catch { again = nil }
        let isSame = again == framing || (framing == .none && again == .some(.none))
        try FuzzTarget.require(isSame, "framing \(framing) became \(String(describing: again))")
    }
}
