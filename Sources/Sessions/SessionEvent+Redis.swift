// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

/// Between nodes: `ended <key> <reason>` or `replaced <key>`.
extension SessionEvent {
    var message: String {
        switch self {
        case .ended(let key, let reason): "ended \(key.text) \(reason.rawValue)"
        case .tokensReplaced(let key): "replaced \(key.text)"
        }
    }

    /// `nil` for anything else: a newer node may say more.
    init?(message: some Collection<UInt8>) {
        let words = String(decoding: message, as: UTF8.self).split(separator: " ")
        guard words.count >= 2, let key = SessionKey(words[1]) else { return nil }
        switch (words[0], words.count) {
        case ("ended", 3):
            guard let reason = EndReason(rawValue: String(words[2])) else { return nil }
            self = .ended(key, reason)
        case ("replaced", 2):
            self = .tokensReplaced(key)
        default:
            return nil
        }
    }
}
