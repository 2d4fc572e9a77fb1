# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title Request list
@custom:contract-name request_list
@license AGPL-3.0-only
@notice The requests of each controller: how much, how much of it is claimed, and in which order they are claimed.
@dev A controller's latest request stands in its own slot, so that leaving once costs one slot; the older ones are linked.
     Packed latest: shares 128 | id 32 | first id of the list 32 (0: itself) | id before 32 | claimed from 1.
     Packed older: shares 128 | next id 32 | id before 32 | claimed from 1 | listed 1.
     Packed claims: shares claimed 128 | assets paid 128; read only where something was claimed.
     A request that is forgotten leaves nothing behind.
"""

M32: constant(uint256) = 2**32 - 1
M128: constant(uint256) = 2**128 - 1
CLAIMED: constant(uint256) = 1 << 224
LISTED: constant(uint256) = 1 << 225

latest: HashMap[address, uint256]
older: HashMap[address, HashMap[uint256, uint256]]
claims: HashMap[address, HashMap[uint256, uint256]]


@internal
@view
def _request(controller: address, id: uint256) -> uint256:
    """
    @dev The packed request, wherever it stands; 0 if there is none.
    """
    latest: uint256 = self.latest[controller]
    if (latest >> 128) & M32 == id:
        return latest
    return self.older[controller][id]


@internal
@view
def _taken(controller: address, id: uint256, request: uint256) -> uint256:
    """
    @dev The packed claims of a packed request.
    """
    if request & CLAIMED == 0:
        return 0
    return self.claims[controller][id]


@internal
@view
def _first(controller: address) -> uint256:
    """
    @dev The oldest listed request, 0 if there is none.
    """
    latest: uint256 = self.latest[controller]
    first: uint256 = (latest >> 160) & M32
    if first == 0:
        return (latest >> 128) & M32
    return first


@internal
@view
def _next(controller: address, id: uint256) -> uint256:
    """
    @dev The request after a listed one, 0 if it is the latest.
    """
    if (self.latest[controller] >> 128) & M32 == id:
        return 0
    return (self.older[controller][id] >> 128) & M32


@internal
def _add(controller: address, id: uint256, shares: uint256):
    """
    @dev Adds shares to a controller's request, and the request to the end of the list if it is new.
    @param controller Who may claim.
    @param id The record that the request belongs to.
    @param shares Shares, not 0; with those before below 2**128.
    """
    latest: uint256 = self.latest[controller]
    last: uint256 = (latest >> 128) & M32
    if last == 0:
        self.latest[controller] = shares | (id << 128)
    elif last == id:
        self.latest[controller] = latest + shares
    elif self.older[controller][id] != 0:
        self.older[controller][id] += shares
    else:
        first: uint256 = (latest >> 160) & M32
        before: uint256 = (latest >> 192) & M32
        self.older[controller][last] = (latest & (M128 | CLAIMED)) | (id << 128) | (before << 160) | LISTED
        if first == 0:
            first = last
        self.latest[controller] = shares | (id << 128) | (first << 160) | (last << 192)


@internal
def _note(controller: address, id: uint256, taken: uint256):
    """
    @dev Stores the packed claims, not 0, of a request.
    """
    self.claims[controller][id] = taken
    latest: uint256 = self.latest[controller]
    if (latest >> 128) & M32 == id:
        self.latest[controller] = latest | CLAIMED
    else:
        self.older[controller][id] |= CLAIMED


@internal
def _unlist(controller: address, id: uint256):
    """
    @dev Takes a request out of the list and keeps it.
    """
    request: uint256 = self._request(controller, id)
    self._unlink(controller, id)
    self.older[controller][id] = request & (M128 | CLAIMED)


@internal
def _drop(controller: address, id: uint256):
    """
    @dev Takes a request out of the list, if it is in it, and forgets it.
    """
    if self._request(controller, id) & CLAIMED != 0:
        self.claims[controller][id] = 0
    self._unlink(controller, id)


@internal
def _unlink(controller: address, id: uint256):
    """
    @dev Takes a request out of the list, if it is in it, and clears where it stood.
    """
    latest: uint256 = self.latest[controller]
    if (latest >> 128) & M32 == id:
        self._promote(controller, latest)
        return
    request: uint256 = self.older[controller][id]
    self.older[controller][id] = 0
    if request & LISTED == 0:
        return
    after: uint256 = (request >> 128) & M32
    before: uint256 = (request >> 160) & M32
    if before != 0:
        self.older[controller][before] = (self.older[controller][before] & ~(M32 << 128)) | (after << 128)
    if after == (latest >> 128) & M32:
        latest = (latest & ~(M32 << 192)) | (before << 192)
    else:
        self.older[controller][after] = (self.older[controller][after] & ~(M32 << 160)) | (before << 160)
    if before == 0:
        if after == (latest >> 128) & M32:
            after = 0
        latest = (latest & ~(M32 << 160)) | (after << 160)
    self.latest[controller] = latest


@internal
def _promote(controller: address, latest: uint256):
    """
    @dev Puts the request before the latest in its place.
    """
    last: uint256 = (latest >> 192) & M32
    if last == 0:
        self.latest[controller] = 0
        return
    request: uint256 = self.older[controller][last]
    self.older[controller][last] = 0
    first: uint256 = (latest >> 160) & M32
    if first == last:
        first = 0
    before: uint256 = (request >> 160) & M32
    self.latest[controller] = (
        (request & (M128 | CLAIMED)) | (last << 128) | (first << 160) | (before << 192)
    )
