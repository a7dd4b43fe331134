// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import ArgumentParser
internal import Foundation
internal import LocalCA

/// `gatecast certs --trust` and `--untrust`: one store after another, each told; what fails at one does not keep the others from it.
struct CertsTrust {
    var caPath: String
    /// Stands for `/`; empty: this system's own.
    var root: String

    func run(isTrusted: Bool) throws {
        let anchor = try TrustAnchor(caPath: caPath)
        var failures: [LocalCAError] = []
        for store in stores {
            do throws(LocalCAError) {
                let change = isTrusted ? try store.trust(anchor) : try store.untrust(anchor)
                print(Self.line(isTrusted, change, store.title))
            } catch  where !failures.contains(error) {
                print("failed: \(store.title): \(error)")
                failures.append(error)
            } catch {
                print("failed: \(store.title): as above")  // one missing tool fails several stores
            }
        }
        if isTrusted { print(Self.others(anchor)) }
        if !failures.isEmpty { throw ExitCode.failure }
    }

    private var stores: [any TrustStore] {
        let home = ProcessInfo.processInfo.environment["HOME"] ?? ""
        #if os(Linux)
        return [SystemStore(root: root)] + (home.isEmpty ? [] : NSSDatabase.all(home: home))
        #else
        return []
        #endif
    }

    private static func line(_ isTrusted: Bool, _ change: TrustChange, _ title: String) -> String {
        switch (isTrusted, change) {
        case (true, .made): "trusted: \(title)"
        case (true, .none): "trusted already: \(title)"
        case (false, .made): "no longer trusted: \(title)"
        case (false, .none): "was not trusted: \(title)"
        }
    }

    /// What looks in none of these stores.
    private static func others(_ anchor: TrustAnchor) -> String {
        let node = TrustAdvice(caPath: anchor.path, name: anchor.name).lines.first { $0.audience == "Node.js" }
        #if os(macOS)
        let system = "this is macOS: run the line for it that `gatecast certs trust` prints. "
        #else
        let system = "restart browsers that run. "
        #endif
        return "\(system)Node.js looks nowhere of these: \(node?.command ?? "")"
    }
}
