// SPDX-License-Identifier: Apache-2.0

/** `Headers`, or Node's `request.headers`. */
export type AnyHeaders = Headers | { readonly [name: string]: string | string[] | undefined }

/** `https://shop.example`, as the visitor sees it. @throws where no proxy said so and `Host` is no host. */
export function publicOrigin(headers: AnyHeaders): string

/** Whether a `next` parameter may be followed: printable ASCII, at most 2048, begins with one slash. */
export function isSafePath(path: unknown): path is string

/** An absolute address of this site; what is no safe path leads to `/`. */
export function address(headers: AnyHeaders, path: string): string
