// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation
internal import NIOPosix
internal import Redis
internal import StrictJSON
internal import Synchronization
internal import TestSupport

/// Publishers, clients and a hand that kills, on real processes, under the reference model.
final class ChaosRun: Sendable {
    static let clients = 6

    private let stack: ChaosStack
    private let ledger: Mutex<DeliveryLedger>
    private let isOver = Atomic(false)

    init(_ stack: ChaosStack) {
        self.stack = stack
        // Three of the reader's checks, at one event each 5 ms.
        var ledger = DeliveryLedger(lookback: 3000)
        for number in 0..<Self.clients { ledger.add(client: number) { $0 == "chaos" } }
        self.ledger = Mutex(ledger)
    }

    /// - Returns: what the model found, and what was done, for the report.
    func run(for duration: Duration, seed: UInt64) async throws -> (violations: [String], deeds: [String]) {
        try await withThrowingTaskGroup { group in
            for number in 0..<Self.clients { group.addTask { await self.runClient(number) } }
            group.addTask { await self.publishUntilOver() }
            let deeds = try await cause(for: duration, seed: seed)
            try await settle()
            group.cancelAll()
            return (ledger.withLock { $0.violations }, deeds)
        }
    }

    // MARK: Clients

    private func runClient(_ number: Int) async {
        while !Task.isCancelled {
            let gateway = stack.gateways[Int.random(in: 0..<stack.gateways.count)]
            guard let port = await gateway.port else {
                try? await Task.sleep(for: .milliseconds(100))  // cancellation ends the loop
                continue
            }
            let since = ledger.withLock { $0.cursor(of: number) } ?? ""
            let browser = stack.browser(port: port)
            do {
                let socket = try await browser.webSocket("/live?anonymous=1&topic=chaos&since=\(since)")
                ledger.withLock { $0.connected(client: number) }
                await withTaskCancellationHandler {
                    await read(socket, number)
                } onCancel: {
                    Task { await socket.cut() }  // no other way from here into async code
                }
                await socket.cut()
            } catch {
                // It was killed, or is draining: another try, perhaps elsewhere.
            }
            try? await Task.sleep(for: .milliseconds(Int.random(in: 20...300)))
        }
    }

    private func read(_ socket: WebSocketClient, _ number: Int) async {
        var left = Int.random(in: 1...400)
        while left > 0, let message = await socket.next() {
            guard case .text(let text) = message, let frame = try? JSONScanner.parse(Array(text.utf8)) else { return }
            ledger.withLock { $0.received(frame, by: number) }
            // The tail of the run is for reaching its end.
            if !isOver.load(ordering: .relaxed) { left -= 1 }
        }
    }

    // MARK: Publishing

    private func publishUntilOver() async {
        var number = 0
        while !Task.isCancelled, !isOver.load(ordering: .relaxed) {
            guard let connection = try? await connect() else {
                try? await Task.sleep(for: .milliseconds(50))
                continue
            }
            while !Task.isCancelled, !isOver.load(ordering: .relaxed) {
                number += 1
                guard await publish(number, on: connection) != nil else { break }
                try? await Task.sleep(for: .milliseconds(5))
            }
            connection.close()
        }
    }

    /// nil: it may or may not have been written; nobody was promised anything.
    private func publish(_ number: Int, on connection: RedisConnection) async -> String? {
        let command: [RedisArgument] = ["XADD", "gatecast:log", "*", "topic", "chaos", "data", "\(number)"]
        guard let id = try? await connection.send(command, timeout: .seconds(2)).string else { return nil }
        ledger.withLock { $0.published(id, topic: "chaos") }
        return id
    }

    private func connect() async throws -> RedisConnection {
        try await RedisConnection.connect(
            settings: stack.redis.settings,
            on: MultiThreadedEventLoopGroup.singleton.next()
        )
    }

    // MARK: The hand

    private enum Deed: String, CaseIterable {
        case killGateway, restartRedis, freezeRedis, killConnections, partition, stepClock, flush, trim, wait
    }

    private func cause(for duration: Duration, seed: UInt64) async throws -> [String] {
        var random = Generator(state: seed)
        var deeds: [String] = []
        let end = ContinuousClock.now + duration
        while ContinuousClock.now < end {
            let deed = Deed.allCases.randomElement(using: &random) ?? .wait
            deeds.append(deed.rawValue)
            try await carryOut(deed, &random)
            try await Task.sleep(for: .milliseconds(Int.random(in: 200...1200, using: &random)))
        }
        return deeds
    }

    private func carryOut(_ deed: Deed, _ random: inout Generator) async throws {
        switch deed {
        case .killGateway:
            let gateway = stack.gateways[Int.random(in: 0..<stack.gateways.count, using: &random)]
            await gateway.kill()
            try await gateway.start()
        case .restartRedis:
            try await stack.redis.restart()
        case .freezeRedis:
            stack.redis.pause()
            try await Task.sleep(for: .milliseconds(Int.random(in: 100...2500, using: &random)))
            stack.redis.resume()
        case .partition:
            // Between one gateway and Redis, for less and for longer than a probe takes to be missed.
            let cable = stack.gateways[Int.random(in: 0..<stack.gateways.count, using: &random)].cable
            cable.cut()
            try await Task.sleep(for: .milliseconds(Int.random(in: 100...6000, using: &random)))
            cable.heal()
        case .stepClock:
            // As if Redis' clock had been ahead for an entry and was then set right: all ids follow from there.
            let ahead = Int(Date().timeIntervalSince1970 * 1000) + Int.random(in: 1000...60_000, using: &random)
            await command("XADD", "gatecast:log", .string("\(ahead)-0"), "topic", "other", "data", "0")
            // If nobody were left who saw it, a flush could give its ids out again (W11): whoever reconnects has done so by then.
            try await Task.sleep(for: .seconds(7))
        case .killConnections: await command("CLIENT", "KILL", "TYPE", "normal")
        case .flush: await command("FLUSHALL")
        case .trim: await command("XTRIM", "gatecast:log", "MAXLEN", 3)
        case .wait: break
        }
    }

    private func command(_ words: RedisArgument...) async {
        guard let connection = try? await connect() else { return }
        // Some of these kill the connection they come by.
        _ = try? await connection.send(words, timeout: .seconds(2))
        connection.close()
    }

    /// All runs again; then one more event, until there is one that everybody has reached.
    private func settle() async throws {
        isOver.store(true, ordering: .relaxed)
        for gateway in stack.gateways where await gateway.port == nil { try await gateway.start() }
        try await eventually(within: .seconds(90)) {
            guard let connection = try? await self.connect() else { return false }
            let last = await self.publish(0, on: connection)
            connection.close()
            guard let last else { return false }
            do {
                try await eventually(within: .seconds(3)) {
                    self.ledger.withLock { ledger in
                        (0..<Self.clients).allSatisfy { ledger.hasReached(last, client: $0) }
                    }
                }
                return true
            } catch {
                // An event from before the new mark is covered by a gap and not reached: the next one will be.
                return false
            }
        }
    }

    private struct Generator: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state ^ state >> 31
        }
    }
}
