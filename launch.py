"""Trains GANs and draws from them: the command `jaxgan`, in a clone.

  python launch.py --list
  python launch.py --experiment=digits --workdir=runs/digits
  python launch.py sample runs/digits --out=grid.png
"""
from jaxgan.command import program

if __name__ == '__main__':
  program()
