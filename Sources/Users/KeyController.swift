// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Crypto
internal import HTTPTypes
internal import Hummingbird
internal import ServiceKit
internal import StrictJSON
internal import Tokens

/// The public keys of our tokens, for the gateway and the other services.
struct KeyController: Sendable {
    let signing: Signing

    func addRoutes(to router: Router<ServiceContext>) {
        router.serve(UsersAPI.keys) { request, _ in self.answer(request) }
    }

    /// 304 for who has this set already.
    private func answer(_ request: Request) -> Response {
        let document = self.signing.published
        let tag = "\"\(Base64URL.encode(SHA256.hash(data: document.encoded()).prefix(12)))\""
        let headers: HTTPFields = [.cacheControl: "public, max-age=\(KeyRing.maxAge)", .eTag: tag]
        if request.headers[.ifNoneMatch] == tag { return Response(status: .notModified, headers: headers) }
        return .json(document, headers: headers)
    }
}
