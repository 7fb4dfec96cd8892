# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Measure the strength of the tests: the share of changed plugin files (mutants) that no test detects.

Usage: ``python -m tests.proof.mutants [--only FILE] [--sample N] [--seed S]``.
`files` lists the measured files and their tests.
"""
