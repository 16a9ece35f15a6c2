"""Who makes the users of a site act. One file is one kind of site.

A driver offers `act(verb, *args)`; what a verb takes and gives is plain JSON. Refused says that the site did
not let its user, Unsupported that this driver or site cannot do such a thing.

    invite(user) -> the invite string
    accept_invite(user, string) -> the address of the inviter
    contacts(user) -> [{address, name, email}]
    remove_contact(user, address)
    share(user, path, to, {permissions, share_type, expiration, require_exchange}) -> {providerId, state}
    unshare(user, providerId); change_permissions(user, providerId, permissions)
    given(user) -> [{providerId, state, ...}]
    inbox(user) -> [{key, name, owner, sender, permissions, state, ...}]
    accept(user, key); decline(user, key)
    read(user, key, path) -> text, one character an octet; names(user, key, path) -> [name]
    write(user, key, path, text); request(user, key, method, path) -> status
    put(user, path, text); get(user, path) -> text; folder(user, path)
    reference(user, path) -> the id by which others ask for it
    ask_share(user, owner, reference); ask_reshare(user, key, to)
    asked(user) -> [{key, ...}]; answer(user, key, agree)
"""
