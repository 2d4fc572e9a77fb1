# pragma version 0.4.3
# pragma nonreentrancy on
# pragma optimize codesize
"""
@title Lens
@custom:contract-name Lens
@license AGPL-3.0-only
@notice Everything an agent or a page needs of one treasury in one call, and what would come of an intent.
@dev It reads, decides nothing, and no contract relies on it. Executor, Sentinel and queue are read from the Vault at each call,
     so a replacement needs no new Lens. Strategies are asked with the Vault's own gas caps.
"""

from ethereum.ercs import IERC20Detailed
from ethereum.ercs import IERC4626
from interfaces import IExecutor
from interfaces import ILens
from contracts.modules import intent_hash as hashes
from contracts.modules import ledger
from contracts.modules import outlook
from contracts.modules import outside
from contracts.modules import previews
from contracts.modules import scenes
from contracts.modules import views

implements: ILens

initializes: outside
initializes: scenes[outside := outside]
initializes: outlook[outside := outside, scenes := scenes]
initializes: previews[outlook := outlook, scenes := scenes]
initializes: views[outside := outside, previews := previews, scenes := scenes]

exports: (previews.preview, previews.room)

DOMAIN_TYPE: constant(bytes32) = keccak256(
    "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
)


@deploy
def __init__(vault_: address):
    """
    @param vault_ The Vault.
    """
    assert vault_ != empty(address), "lens: no vault"
    outside.__init__(vault_)


@view
@external
def observe(agent: address) -> ILens.Snapshot:
    """
    @notice The treasury now, and one agent in it.
    @param agent Whose mandate and budgets are wanted; any account.
    @return The snapshot; all of it is of one block.
    """
    scene: scenes.Scene = scenes._scene()
    idle: uint256 = 0
    books: uint256 = 0
    idle, books = outside._books()
    asset: address = staticcall IERC4626(outside.VAULT.address).asset()
    sentinel: address = self._address(ledger.WORD_SENTINEL)
    queue: address = self._address(ledger.WORD_QUEUE)
    head: bytes32 = empty(bytes32)
    sequence: uint256 = 0
    head, sequence = staticcall scene.executor.journal()
    strategies: DynArray[ILens.Strategy, 10] = views._strategies(scene, books)
    return ILens.Snapshot(
        number=block.number,
        time=block.timestamp,
        vault=outside.VAULT.address,
        asset=asset,
        executor=scene.executor.address,
        sentinel=sentinel,
        queue=queue,
        decimals=convert(staticcall IERC20Detailed(asset).decimals(), uint256),
        epoch=outside._word(ledger.WORD_EPOCH, 0),
        idle_floor=scene.floor,
        totals=views._totals(scene, books, strategies),
        stress=views._stress(sentinel),
        exits=views._exits(queue),
        head=head,
        sequence=sequence,
        strategies=strategies,
        groups=views._groups(scene),
        agent=views._agent(scene.executor, agent),
    )


@view
@external
def intent_hash(intent: IExecutor.Intent) -> bytes32:
    """
    @notice Hash of an intent under the mandate that its agent has now.
    @param intent The intent.
    @return The EIP-712 hash of the struct, which the journal names.
    """
    return self._hash(scenes._scene().executor, intent)


@view
@external
def digest(intent: IExecutor.Intent) -> bytes32:
    """
    @notice What the agent signs for `execute_signed`.
    @param intent The intent.
    @return The EIP-712 hash for this chain and the Vault's Executor.
    """
    executor: IExecutor = scenes._scene().executor
    domain: bytes32 = keccak256(
        abi_encode(
            DOMAIN_TYPE, keccak256("Ganglion Executor"), keccak256("1"), chain.id, executor.address
        )
    )
    return keccak256(concat(x"1901", domain, self._hash(executor, intent)))


@view
@external
def vault() -> address:
    """
    @notice The Vault.
    @return Its address.
    """
    return outside.VAULT.address


@internal
@view
def _hash(executor: IExecutor, intent: IExecutor.Intent) -> bytes32:
    """
    @dev As `intent_hash`.
    """
    standing: IExecutor.Standing = staticcall executor.standing(intent.agent)
    return hashes._hash(intent, standing.mandate)


@internal
@view
def _address(key: uint256) -> address:
    """
    @dev An address of the Vault's ledger.
    """
    return convert(convert(outside._word(key, 0), uint160), address)
