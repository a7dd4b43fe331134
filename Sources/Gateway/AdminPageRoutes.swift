// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Edge
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore

/// The files of the operator's page. They need no token, since they hold nothing.
struct AdminPageRoutes {
    private let page = ConsolePage()

    func add(to router: Router<BasicRequestContext>) {
        for (path, file) in page.files {
            let answer = Self.response(file)
            router.get(RouterPath(path)) { _, _ in answer }
        }
    }

    private static func response(_ file: StaticFile) -> Response {
        var headers: HTTPFields = [.contentType: file.contentType]
        for field in file.fields {
            guard let name = HTTPField.Name(field.name) else { continue }  // ours are all names
            headers[name] = field.value
        }
        return Response(status: .ok, headers: headers, body: .init(byteBuffer: ByteBuffer(bytes: file.body)))
    }
}
