// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import AsyncHTTPClient
internal import Foundation
internal import NIOCore
internal import NIOHTTP1
package import Settings

/// `… healthcheck`: asks a running service's `/readyz`, for container platforms that start a program in the container to
/// learn how it is. Needs no shell and no curl.
package enum HealthProbe {
    /// - Returns: 0 where the service is ready, 1 where it is not or does not answer within 3 s, 78 for wrong settings.
    package static func run(
        service: String,
        file: String?,
        extraKeys: [String] = [],
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) async -> Int32 {
        do {
            let settings = try ServiceSettings.load(
                service: service,
                environment: environment,
                file: file,
                extraKeys: extraKeys
            )
            guard let problem = await Self.problem(at: settings.listen) else { return 0 }
            ServiceMain.say(service, problem)
            return 1
        } catch {
            ServiceMain.say(service, "\(error)")
            return ServiceMain.badSettings
        }
    }

    /// `nil` where `/readyz` there says 200.
    package static func problem(at listen: ListenAddress) async -> String? {
        let url = Self.url(listen)
        do {
            let answer = try await HTTPClient.shared.execute(HTTPClientRequest(url: url), timeout: .seconds(3))
            let body = try await answer.body.collect(upTo: 64 << 10)
            return answer.status == .ok ? nil : "\(url): \(answer.status.code) \(String(buffer: body))"
        } catch {
            return "\(url): no answer (\(error))"
        }
    }

    /// A service that listens on every address is asked on the machine's own.
    static func url(_ listen: ListenAddress) -> String {
        let host =
            switch listen.host {
            case "0.0.0.0": "127.0.0.1"
            case "::": "[::1]"
            default: listen.host.contains(":") ? "[\(listen.host)]" : listen.host
            }
        return "http://\(host):\(listen.port)/readyz"
    }
}
