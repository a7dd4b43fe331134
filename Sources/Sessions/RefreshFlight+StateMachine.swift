// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation

/// Decides the steps of one refresh (login.md §5). Pure: no store, no backend, no clock.
///
///     acquiring ─granted─► reading ─same generation─► calling ─tokens─► writing ─► finished
///      ▲   │ held            │ moved, gone              │ │ lost: once more, within 10 s
///      │   ▼                 └────────► finished ◄──────┘ │ faulty
///      │ looking ─moved, gone─► finished                  └─refused─► rereading ─same─► ending ─► finished
///      │   │ same
///      └─ watching
///
/// The lease saves work; the compare-and-set in `writing` is the guarantee.
struct RefreshFlight: ~Copyable {
    /// The store's lease outlives both calls.
    static let leaseTime: TimeInterval = 12
    static let callTimeout: TimeInterval = 5
    /// For both calls together.
    static let callBudget: TimeInterval = 10
    /// A look at the session when no event tells that the other node is done.
    static let watchInterval: TimeInterval = 1
    static let writeRetry: TimeInterval = 0.5

    enum Action: Equatable {
        case lease
        /// Until the session changes, or for so long.
        case watch(TimeInterval)
        case read
        case call(timeout: TimeInterval)
        case write(after: TimeInterval)
        /// Delete the session: its refresh token is dead, or names another user.
        case end
        case finish(Outcome)
    }

    enum Outcome: Equatable {
        case replaced
        /// Someone else replaced the tokens.
        case moved
        case gone
        case ended
        /// The backend's fault or ours: keep the session, back off.
        case failed
        case storeUnavailable
    }

    enum Reading: Equatable { case gone, found(generation: UInt64) }
    enum Answer: Equatable { case tokens, subjectChanged, refused, lost, faulty }
    enum Written: Equatable { case written, moved, gone }

    private enum State: ~Copyable {
        case acquiring(seen: UInt64, began: Date)
        case looking(seen: UInt64, began: Date)
        case watching(seen: UInt64, began: Date)
        case reading(seen: UInt64)
        case calling(generation: UInt64, began: Date, isRepeat: Bool)
        case rereading(generation: UInt64)
        case writing(began: Date)
        case ending
        case finished
    }

    private var state: State
    private init(_ state: consuming State) { self.state = state }

    /// - Parameter seen: the generation that made someone want a refresh. The first action is `.lease`.
    init(seen: UInt64, now: Date) { self.init(.acquiring(seen: seen, began: now)) }

    mutating func leased(_ granted: Bool, now: Date) -> Action {
        switch consume self.state {
        case .acquiring(let seen, let began):
            if granted {
                self = .init(.reading(seen: seen))
                return .read
            }
            // The other node's lease has run out by then; whatever still holds it, this flight gives up.
            guard now.timeIntervalSince(began) < Self.leaseTime + Self.watchInterval else {
                self = .init(.finished)
                return .finish(.failed)
            }
            // A look comes before the watch: the other node may have been done before this flight began to listen.
            self = .init(.looking(seen: seen, began: began))
            return .read
        default:
            self = .init(.finished)
            return Self.misused()
        }
    }

    /// The watch is over.
    mutating func watched() -> Action {
        switch consume self.state {
        case .watching(let seen, let began):
            self = .init(.acquiring(seen: seen, began: began))
            return .lease
        default:
            self = .init(.finished)
            return Self.misused()
        }
    }

    mutating func read(_ reading: Reading, now: Date) -> Action {
        switch consume self.state {
        case .reading(let seen):
            guard case .found(seen) = reading else {
                self = .init(.finished)
                return .finish(Self.outcome(of: reading))
            }
            self = .init(.calling(generation: seen, began: now, isRepeat: false))
            return .call(timeout: Self.callTimeout)
        case .looking(let seen, let began):
            guard case .found(seen) = reading else {
                self = .init(.finished)
                return .finish(Self.outcome(of: reading))
            }
            self = .init(.watching(seen: seen, began: began))
            return .watch(Self.watchInterval)
        case .rereading(let generation):
            guard case .found(generation) = reading else {
                self = .init(.finished)
                return .finish(Self.outcome(of: reading))
            }
            self = .init(.ending)
            return .end
        default:
            self = .init(.finished)
            return Self.misused()
        }
    }

    mutating func answered(_ answer: Answer, now: Date) -> Action {
        switch consume self.state {
        case .calling(let generation, let began, let isRepeat):
            switch answer {
            case .tokens:
                self = .init(.writing(began: now))
                return .write(after: 0)
            case .subjectChanged:
                self = .init(.ending)
                return .end
            case .refused:
                self = .init(.rereading(generation: generation))
                return .read
            case .faulty:
                self = .init(.finished)
                return .finish(.failed)
            case .lost:
                let left = Self.callBudget - now.timeIntervalSince(began)
                guard !isRepeat, left > 0 else {
                    self = .init(.finished)
                    return .finish(.failed)
                }
                self = .init(.calling(generation: generation, began: began, isRepeat: true))
                return .call(timeout: min(Self.callTimeout, left))
            }
        default:
            self = .init(.finished)
            return Self.misused()
        }
    }

    mutating func wrote(_ result: Written) -> Action {
        switch consume self.state {
        case .writing:
            self = .init(.finished)
            return .finish(Self.outcome(of: result))
        case .ending:
            self = .init(.finished)
            return .finish(Self.outcome(of: result))
        default:
            self = .init(.finished)
            return Self.misused()
        }
    }

    mutating func ended() -> Action {
        switch consume self.state {
        case .ending:
            self = .init(.finished)
            return .finish(.ended)
        default:
            self = .init(.finished)
            return Self.misused()
        }
    }

    /// The store did not do the last step. New tokens in hand are worth a few more tries: the old ones may be spent.
    mutating func storeFailed(now: Date) -> Action {
        switch consume self.state {
        case .writing(let began) where now.timeIntervalSince(began) < Self.leaseTime:
            self = .init(.writing(began: began))
            return .write(after: Self.writeRetry)
        default:
            self = .init(.finished)
            return .finish(.storeUnavailable)
        }
    }

    private static func outcome(of reading: Reading) -> Outcome {
        reading == .gone ? .gone : .moved
    }

    private static func outcome(of result: Written) -> Outcome {
        switch result {
        case .written: .replaced
        case .moved: .moved
        case .gone: .gone
        }
    }

    /// An event that this state cannot have: the flight ends and changes nothing.
    private static func misused() -> Action {
        assertionFailure("an event out of order")
        return .finish(.failed)
    }
}
