// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import HTTPTypes
package import Hummingbird
internal import NIOCore
package import StrictJSON

extension OpenAPI {
    /// One service's API.
    package struct Document: Sendable {
        package static let path = "/openapi.json"

        let title: String
        let description: String
        let operations: [Operation]
        let schemas: KeyValuePairs<String, Schema>

        /// - Parameter schemas: what `Schema.reference` names; `Problem` is there already.
        package init(
            title: String,
            _ description: String,
            operations: [Operation],
            schemas: KeyValuePairs<String, Schema> = [:]
        ) {
            self.title = title
            self.description = description
            self.operations = operations
            self.schemas = schemas
        }

        package var json: JSONValue {
            var paths: [JSONValue.Member] = []
            for operation in self.operations + Self.platform {
                let member = JSONValue.Member(name: operation.method.rawValue.lowercased(), value: operation.json)
                if let index = paths.firstIndex(where: { $0.name == operation.path }) {
                    paths[index].value = .object((paths[index].value.members ?? []) + [member])
                } else {
                    paths.append(.init(name: operation.path, value: .object([member])))
                }
            }
            let schemas = self.schemas.map { ($0.key, $0.value) } + [("Problem", Schema.problem)]
            return [
                "openapi": .string(OpenAPI.version),
                "info": [
                    "title": .string(self.title), "version": .string(ServiceMain.version),
                    "description": .string(self.description),
                ],
                "paths": .object(paths),
                "components": [
                    "schemas": .object(schemas.map { .init(name: $0.0, value: $0.1.json) }),
                    "securitySchemes": ["bearer": ["type": "http", "scheme": "bearer", "bearerFormat": "JWT"]],
                ],
            ]
        }

        /// What `ServiceApplication` adds to every service.
        static let platform: [Operation] = [
            .init(
                .get,
                "/livez",
                id: "isAlive",
                "The process runs.",
                access: .open,
                answers: [.init(200, "It does.", .object(["status": ["const": "ok"]]))]
            ),
            .init(
                .get,
                "/readyz",
                id: "isReady",
                "The service can do its work.",
                access: .open,
                answers: [
                    .init(200, "It can.", .object(["status": ["const": "ok"]])),
                    .init(
                        503,
                        "It cannot, and why.",
                        .object([
                            "status": ["const": "unavailable"],
                            "failing": ["type": "object", "additionalProperties": ["type": "string"]],
                        ])
                    ),
                ]
            ),
        ]
    }
}

extension OpenAPI.Document {
    func addRoute(to router: Router<ServiceContext>) {
        let bytes = ByteBuffer(bytes: self.json.encoded())
        router.get(RouterPath(Self.path)) { _, _ in
            Response(
                status: .ok,
                headers: [.contentType: "application/json", .cacheControl: "no-cache"],
                body: ResponseBody(byteBuffer: bytes)
            )
        }
    }

    /// Routes that are not declared, and declarations without a route.
    func differences(from router: Router<ServiceContext>) -> [String] {
        let declared = Set((self.operations + Self.platform).map { "\($0.method) \($0.path)" })
        let served = Set(router.routes.map { "\($0.method) \($0.path)" })
        let ours: Set = ["\(HTTPRequest.Method.get) \(Self.path)", "\(HTTPRequest.Method.get) /metrics"]
        return served.subtracting(declared).subtracting(ours).sorted().map { "\($0) is served and not declared" }
            + declared.subtracting(served).sorted().map { "\($0) is declared and not served" }
    }
}

extension RouterMethods {
    /// A route where its declaration says.
    package func serve(
        _ operation: OpenAPI.Operation,
        use handler: @escaping @Sendable (Request, Context) async throws -> Response
    ) {
        self.on(RouterPath(operation.path), method: operation.method, use: handler)
    }
}
