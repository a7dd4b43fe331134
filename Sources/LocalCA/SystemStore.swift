// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation

/// The trust store of this Linux system, in which curl, Python, Go and most else look: a folder of certificates and a command that
/// makes the bundle of them. Both belong to root, so `sudo` is asked where we are not.
package struct SystemStore: TrustStore {
    /// Where a family of distributions keeps them.
    struct Layout: Sendable, Hashable {
        var folder: String
        var suffix: String
        var update: [String]
        /// For one that was taken out.
        var updateAfterRemoval: [String]
    }

    static let layouts = [
        // Debian, Ubuntu. Without --fresh a link to a removed certificate would stay.
        Layout(
            folder: "/usr/local/share/ca-certificates",
            suffix: ".crt",
            update: ["update-ca-certificates"],
            updateAfterRemoval: ["update-ca-certificates", "--fresh"]
        ),
        // Fedora, RHEL.
        Layout(
            folder: "/etc/pki/ca-trust/source/anchors",
            suffix: ".pem",
            update: ["update-ca-trust", "extract"],
            updateAfterRemoval: ["update-ca-trust", "extract"]
        ),
        // Arch.
        Layout(
            folder: "/etc/ca-certificates/trust-source/anchors",
            suffix: ".crt",
            update: ["trust", "extract-compat"],
            updateAfterRemoval: ["trust", "extract-compat"]
        ),
        // openSUSE.
        Layout(
            folder: "/etc/pki/trust/anchors",
            suffix: ".pem",
            update: ["update-ca-certificates"],
            updateAfterRemoval: ["update-ca-certificates"]
        ),
    ]

    package let title = "this system"
    private let root: String
    /// Whether there is somebody to ask for a password.
    private let isAttended: Bool

    /// - Parameter root: a folder that stands for `/`, as when an image is prepared; empty: this system's own.
    package init(root: String = "", isAttended: Bool = isatty(STDIN_FILENO) == 1) {
        self.root = root.hasSuffix("/") ? String(root.dropLast()) : root
        self.isAttended = isAttended
    }

    package func trust(_ anchor: TrustAnchor) throws(LocalCAError) -> TrustChange {
        let (layout, _) = try layout()
        let target = file(of: anchor, in: layout)
        // What nobody may read is not ours.
        if let present = try? SecureFile.read(target), anchor.isSame(as: present), isBundled(anchor, layout) {
            return .none
        }
        try run(["install", "-m", "0644", anchor.path, target], layout)
        try run(arguments(layout.update), layout)
        return .made
    }

    package func untrust(_ anchor: TrustAnchor) throws(LocalCAError) -> TrustChange {
        let (layout, _) = try layout()
        let target = file(of: anchor, in: layout)
        guard FileManager.default.fileExists(atPath: target) else { return .none }
        try run(["rm", "-f", target], layout)
        try run(arguments(layout.updateAfterRemoval), layout)
        return .made
    }

    private func file(of anchor: TrustAnchor, in layout: Layout) -> String {
        "\(root)\(layout.folder)/\(anchor.name)\(layout.suffix)"
    }

    /// An update that was interrupted leaves the file without its link. Where no links are kept the file alone counts.
    private func isBundled(_ anchor: TrustAnchor, _ layout: Layout) -> Bool {
        layout != Self.layouts[0] || FileManager.default.fileExists(atPath: "\(root)/etc/ssl/certs/\(anchor.name).pem")
    }

    private func layout() throws(LocalCAError) -> (Layout, Tool) {
        for layout in Self.layouts where FileManager.default.fileExists(atPath: root + layout.folder) {
            if let tool = Tool(layout.update[0]) { return (layout, tool) }
        }
        throw LocalCAError(
            message: "this system has no trust store that is known here",
            advice:
                "Debian, Ubuntu: sudo apt-get install ca-certificates, then run this again. Elsewhere add ca.pem by hand."
        )
    }

    /// Debian's tool can be pointed at another root.
    private func arguments(_ update: [String]) -> [String] {
        guard !root.isEmpty, update[0] == "update-ca-certificates" else { return update }
        return update + [
            "--certsconf", "\(root)/etc/ca-certificates.conf", "--certsdir", "\(root)/usr/share/ca-certificates",
            "--localcertsdir", "\(root)/usr/local/share/ca-certificates", "--etccertsdir", "\(root)/etc/ssl/certs",
            "--hooksdir", "\(root)/etc/ca-certificates/update.d",
        ]
    }

    private func run(_ command: [String], _ layout: Layout) throws(LocalCAError) {
        guard let tool = Tool(command[0]) else {
            throw LocalCAError(message: "\(command[0]) is not installed", advice: "Install it, then run this again.")
        }
        let isOurs = access(root + layout.folder, W_OK) == 0
        let result: Tool.Result
        if isOurs {
            result = try tool.run(Array(command.dropFirst()))
        } else if let sudo = Tool("sudo") {
            result = try sudo.run((isAttended ? [] : ["-n"]) + [tool.path] + command.dropFirst(), asks: isAttended)
        } else {
            throw refusal(command, "it belongs to root, and there is no sudo")
        }
        guard result.code == 0 else { throw refusal(command, result.complaint) }
    }

    private func refusal(_ command: [String], _ reason: String) -> LocalCAError {
        let line = command.map(TrustAdvice.shellQuoted).joined(separator: " ")
        return LocalCAError(
            message: "the system's trust store was not changed: \(reason.isEmpty ? "the command failed" : reason)",
            advice: "Run as root: \(line)"
        )
    }
}
