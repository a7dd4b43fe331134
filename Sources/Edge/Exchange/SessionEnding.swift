// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Logging
internal import Sessions

/// What the upstream that logs people in says in `Gatecast-End-Sessions`: whose sessions end, `42` or `42; keep=current`, after
/// a new password, say. From any other upstream the field is dropped unread; no client sees it.
struct SessionEnding: Equatable {
    let subject: String
    /// The session that asked goes on.
    let keepsCurrent: Bool

    /// `nil` for what is not well-formed: 1 to 255 visible characters, then at most that one parameter.
    init?(_ value: ArraySlice<UInt8>) {
        let parts = String(decoding: value, as: UTF8.self).split(separator: ";", omittingEmptySubsequences: false)
        let subject = parts[0].drop { $0 == " " }.prefix { $0 != " " }
        guard (1...255).contains(subject.utf8.count), subject.utf8.allSatisfy({ (0x21...0x7E).contains($0) }),
            parts.count <= 2
        else { return nil }
        if parts.count == 2 {
            guard parts[1].drop(while: { $0 == " " }) == "keep=current" else { return nil }
        }
        self.subject = String(subject)
        self.keepsCurrent = parts.count == 2
    }
}

extension RequestExchange {
    /// A task of its own: the answer does not wait for it. Where the store is away the sessions end with their next refresh, since
    /// the backend has ended those logins already.
    func endSessions(_ value: ArraySlice<UInt8>) {
        guard let sessions = self.shared.services.sessions else { return }
        let (logger, kept) = (self.shared.logger, self.bearerSession?.key)
        guard let ending = SessionEnding(value) else {
            return logger.warning("the login upstream sent a malformed Gatecast-End-Sessions")
        }
        Task {
            do throws(SessionError) {
                let count = try await sessions.end(user: ending.subject, except: ending.keepsCurrent ? kept : nil)
                logger.info(
                    "sessions ended for the login upstream",
                    metadata: ["user": "\(ending.subject)", "count": "\(count)"]
                )
            } catch {
                logger.error(
                    "sessions not ended for the login upstream: they end at their next refresh",
                    metadata: ["user": "\(ending.subject)", "reason": "\(error)"]
                )
            }
        }
    }
}
