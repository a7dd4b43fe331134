// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Logging
internal import StrictJSON

/// What both handlers do with metadata.
enum LogMetadata {
    /// The call's own values win over the provider's, those over the logger's.
    static func merge(
        _ own: Logger.Metadata,
        provider: Logger.MetadataProvider?,
        explicit: Logger.Metadata?
    ) -> Logger.Metadata {
        // The usual case: a call's own values alone, which are then not hashed once more.
        if own.isEmpty, provider == nil { return explicit ?? [:] }
        var merged = own
        if let provided = provider?.get(), !provided.isEmpty { merged.merge(provided) { $1 } }
        if let explicit, !explicit.isEmpty { merged.merge(explicit) { $1 } }
        return merged
    }

    static func json(_ value: Logger.Metadata.Value) -> JSONValue {
        switch value {
        case .string(let text): return .string(text)
        case .array(let values): return .array(values.map(json))
        case .dictionary(let values):
            return .object(values.sorted { $0.key < $1.key }.map { .init(name: $0.key, value: json($0.value)) })
        case .stringConvertible(let value):
            if let bool = value as? Bool { return .bool(bool) }
            if let number = value as? any BinaryInteger, let integer = Int64(exactly: number) {
                return .integer(integer)
            }
            if let number = value as? Double, number.isFinite { return .number(number) }
            return .string(value.description)
        }
    }
}
