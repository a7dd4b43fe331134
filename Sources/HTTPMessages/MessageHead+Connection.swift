// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

extension MessageHead {
    /// Calls `visit` with each member of every `Connection` field, blanks trimmed, case as sent (RFC 9110 §7.6.1).
    /// What it names is this connection's alone and must not be forwarded.
    package func forEachConnectionOption(_ visit: (ArraySlice<UInt8>) -> Void) {
        for field in self.fields where field.id == .connection {
            for option in TokenList(self.bytes[field.value]) { visit(option) }
        }
    }

    /// Whether `Connection` lists the option; `option` is lower-case.
    package func connectionLists(_ option: StaticString) -> Bool {
        for field in self.fields where field.id == .connection {
            for listed in TokenList(self.bytes[field.value]) where option.matchesIgnoringCase(listed) { return true }
        }
        return false
    }

    /// Whether `Connection` names this field of the head, so that it is to be deleted.
    package func connectionNames(_ field: Field) -> Bool {
        guard self.count(.connection) > 0 else { return false }
        let name = self.bytes[field.name]
        for connection in self.fields where connection.id == .connection {
            for option in TokenList(self.bytes[connection.value])
            where option.elementsEqual(name, by: { $0.lowercased == $1 }) {
                return true
            }
        }
        return false
    }

    /// Whether the sender lets the connection live on after this message (RFC 9112 §9.3). HTTP/2: always.
    package var keepsAlive: Bool {
        switch self.version {
        case .http11: !self.connectionLists("close")
        case .http10: self.connectionLists("keep-alive") && !self.connectionLists("close")
        case .http2: true
        }
    }

    /// Whether the client waits for `100 Continue` (RFC 9110 §10.1.1); an HTTP/1.0 client's wish is ignored.
    package var expectsContinue: Bool {
        self.version != .http10 && self.count(.expect) > 0
    }
}
