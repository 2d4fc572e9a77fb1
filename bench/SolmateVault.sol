// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.28;

import {ERC20} from "solmate/src/tokens/ERC20.sol";
import {ERC4626} from "solmate/src/tokens/ERC4626.sol";

/// @notice solmate's ERC-4626 with nothing added: its assets are its balance.
contract SolmateVault is ERC4626 {
    constructor(ERC20 asset_, string memory name_, string memory symbol_) ERC4626(asset_, name_, symbol_) {}

    function totalAssets() public view override returns (uint256) {
        return asset.balanceOf(address(this));
    }
}
