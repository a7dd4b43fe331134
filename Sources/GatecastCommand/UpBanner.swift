// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

/// What `gatecast up` prints once everything listens: where, how to trust it, and lines that work as they stand.
struct UpBanner {
    var origin: String
    var caPath: String
    var data: String
    var internalAddress: String
    var adminAddress: String
    var stores: String
    /// How this binary was called, so that the lines can be pasted.
    var command: String

    var text: String {
        """

        Gatecast is up.

          page       \(origin)
          trust      \(command) certs trust        prints the line for your browser, system, curl, Node and Python
          stores     \(stores)
          internal   http://\(internalAddress)   for server-side rendering
          admin      http://\(adminAddress)   /readyz, /metrics; token in \(data)/admin-token

        Try it in a second terminal:

          curl --cacert \(caPath) -c \(data)/cookies -H 'Origin: \(origin)' -H 'Content-Type: application/json' \\
               -d '{"username":"ana","password":"correct horse battery"}' \(origin)/auth/register
          curl --cacert \(caPath) -b \(data)/cookies -N -H 'Origin: \(origin)' -H 'Accept: text/event-stream' \(origin)/live
          \(command) publish user.1 '{"hello":1}'

        Ctrl-C ends it.

        """
    }
}
