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
    /// Name and address of each service in this process.
    var services: [(name: String, address: String)]
    /// How this binary was called, so that the lines can be pasted.
    var command: String

    var text: String {
        """

        Gatecast is up. Ctrl-C ends it.

          page       \(origin)   register, add a task, watch it arrive
          console    http://\(adminAddress)   for the operator; its token: cat \(data)/admin-token
          trust      \(command) certs --trust   this system, Chromium, Firefox (`certs trust` only prints how)
          stores     \(stores)
          services   \(services.map { "\($0.name) \($0.address)" }.joined(separator: ", ")), in this process
          internal   http://\(internalAddress)   for server-side rendering

        Try it in a second terminal:

          curl --cacert \(caPath) -c \(data)/cookies -H 'Origin: \(origin)' -H 'Content-Type: application/json' \\
               -d '{"username":"ana","password":"correct horse battery"}' \(origin)/auth/register
          curl --cacert \(caPath) -b \(data)/cookies -N -H 'Origin: \(origin)' -H 'Accept: text/event-stream' \(origin)/live
          \(command) publish user.1 '{"hello":1}'

        """
    }
}
