// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

/// OpenAPI 3.1 as values: a service declares its operations once; routes, limits and document come from the declaration.
package enum OpenAPI {
    /// Of documents.
    package static let version = "3.1.0"
}
