// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Edge

/// Makes the files of the two pages that are compiled into the binary: the embedded one and the operator's.
enum PageFile {
    /// Scripts and styles of its own alone, none inline, and no string ever becomes markup (Trusted Types without a policy).
    /// Nothing from elsewhere, never in a frame.
    /// - Parameter forms: where a form may be sent without a script, `'self'` or `'none'`.
    static func policy(forms: String) -> String {
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
            + "form-action \(forms); base-uri 'none'; frame-ancestors 'none'; "
            + "require-trusted-types-for 'script'; trusted-types 'none'"
    }

    static func markup(_ body: [UInt8], policy: String) -> StaticFile {
        file(body, "text/html; charset=utf-8", policy: policy)
    }

    static func style(_ body: [UInt8]) -> StaticFile { file(body, "text/css; charset=utf-8") }
    static func script(_ body: [UInt8]) -> StaticFile { file(body, "text/javascript; charset=utf-8") }
    static func image(_ body: [UInt8]) -> StaticFile { file(body, "image/svg+xml") }

    /// An image opened by itself is a document too: it may do nothing at all.
    private static func file(
        _ body: [UInt8],
        _ contentType: String,
        policy: String = "default-src 'none'; frame-ancestors 'none'"
    ) -> StaticFile {
        StaticFile(
            body: body,
            contentType: contentType,
            fields: [
                (name: "cache-control", value: "no-cache"),
                (name: "content-security-policy", value: policy),
                (name: "cross-origin-opener-policy", value: "same-origin"),
                (name: "cross-origin-resource-policy", value: "same-origin"),
                (name: "x-content-type-options", value: "nosniff"),
                (name: "referrer-policy", value: "same-origin"),
            ]
        )
    }
}
