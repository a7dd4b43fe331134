// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Edge
internal import Tokens

extension GatewaySettings {
    /// The keys of identity assertions, the one that signs first; a node without a file of its own makes one under `data`.
    /// Empty where no route sends assertions.
    func identityKeys() throws -> [SigningKey] {
        guard edge.signsAssertions else { return [] }
        return try edge.identity.keys { algorithm in
            try SigningKey.loadOrCreate(path: "\(data)/identity-key.pem", algorithm: algorithm)
        }
    }
}
